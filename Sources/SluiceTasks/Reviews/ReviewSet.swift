import SluiceTables

/// Reviews as a table holds them, tokenised.
package struct ReviewSet: Sendable {
  package let file: String
  package let columns: ReviewColumns
  /// R.
  package let count: Int
  let texts: TokenizedTexts
  /// `[R]`: the rating of each row; nil where the cell is empty, or where there is no such column.
  let ratings: [Double?]
  /// `[R]`, empty where there is no such column. An empty cell is nobody.
  let users: [String]
  let items: [String]
  /// For each column of categories, `[R]`.
  let categories: [[String]]
  /// For each column of numbers, `[R]`; nil where the cell is empty.
  let numbers: [[Float?]]
  /// Columns that the table lacks.
  package let missingColumns: [String]
  private let target: TableColumn?
  /// Those of titles, then of the text; nil for one that the table lacks.
  private let textColumns: [TableColumn?]

  /// What the rows are read for.
  package enum Purpose: Hashable, Sendable {
    /// To learn: every column must be there.
    case training
    /// To be scored and compared with their ratings: who, what and all else may be unknown.
    case evaluation
    /// To be scored: ratings may be missing too.
    case prediction
  }

  /// Reads the rows of a table.
  ///
  /// - Parameter purpose: Which columns may be missing: then nothing is known of what they hold.
  /// - Throws: ``TableError`` for a column that is missing, a rating or a number that is none.
  /// - Complexity: O(bytes of the table).
  package init(_ table: Table, columns: ReviewColumns, for purpose: Purpose = .training)
    throws(TableError)
  {
    file = table.file
    self.columns = columns
    count = table.rowCount
    let missing =
      purpose == .training
      ? []
      : columns.inputs.filter { name in
        name != columns.text && table.columnIfPresent(name) == nil
      }
    missingColumns = missing
    func column(_ name: String) throws(TableError) -> TableColumn? {
      missing.contains(name) ? nil : try table.column(name)
    }
    func cells(_ name: String?) throws(TableError) -> [String] {
      guard let name else { return [] }
      guard let categories = try column(name)?.categories() else {
        return [String](repeating: "", count: table.rowCount)
      }
      return categories.codes.map { categories.levels[Int($0)] }
    }
    var textColumns: [TableColumn?] = []
    for name in columns.titles + [columns.text] { textColumns.append(try column(name)) }
    var texts = TokenizedTexts()
    for row in 0..<count { texts.append(textColumns.map { $0?.string(row) ?? "" }) }
    self.texts = texts
    self.textColumns = textColumns
    let target =
      purpose == .prediction ? nil : try table.column(columns.target)
    ratings = try Self.ratings(target, count: count)
    users = try cells(columns.user)
    items = try cells(columns.item)
    var categories: [[String]] = []
    for name in columns.categories { categories.append(try cells(name)) }
    self.categories = categories
    var numbers: [[Float?]] = []
    for name in columns.numbers {
      var values = [Float?](repeating: nil, count: count)
      if let column = try column(name) {
        for row in 0..<count where !column.isEmpty(row) { values[row] = try column.float(row) }
      }
      numbers.append(values)
    }
    self.numbers = numbers
    self.target = target
  }

  /// One text, of which nothing else is known.
  ///
  /// - Parameter columns: What a table of such rows would have.
  init(text: String, columns: ReviewColumns) {
    file = "text"
    self.columns = columns
    count = 1
    var texts = TokenizedTexts()
    texts.append(columns.titles.map { _ in "" } + [text])
    self.texts = texts
    ratings = [nil]
    users = columns.user == nil ? [] : [""]
    items = columns.item == nil ? [] : [""]
    categories = columns.categories.map { _ in [""] }
    numbers = columns.numbers.map { _ in [nil] }
    missingColumns = []
    target = nil
    textColumns = []
  }

  /// Title and text of a row as the table has them, for people.
  func text(of row: Int) -> String {
    textColumns.compactMap { $0?.string(row) }.filter { !$0.isEmpty }.joined(separator: " — ")
  }

  /// The ratings that the rows give.
  ///
  /// - Throws: ``TableError`` where they are all the same, or no ratings at all.
  func ratingScale() throws(TableError) -> RatingScale {
    guard let target else { return RatingScale(values: []) }
    return try RatingScale(target, binsMany: true)
  }

  private static func ratings(_ column: TableColumn?, count: Int) throws(TableError) -> [Double?] {
    var ratings = [Double?](repeating: nil, count: count)
    guard let column else { return ratings }
    for row in 0..<count where !column.isEmpty(row) {
      ratings[row] = try RatingScale.rating(column, row)
    }
    return ratings
  }
}
