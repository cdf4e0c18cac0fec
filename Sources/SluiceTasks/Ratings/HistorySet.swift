import SluiceTables

/// Who rated what, when and how, as a table holds it.
package struct HistorySet: Sendable {
  package let file: String
  package let columns: HistoryColumns
  /// R.
  package let count: Int
  /// An empty cell is nobody: it has no other ratings.
  let users: TableCategories
  /// An empty cell is unknown.
  let items: TableCategories
  /// `[R]`
  let seconds: [Int]
  let clock: ReviewClock
  /// `[R]`: nil where the cell is empty, or where there is no such column.
  let ratings: [Double?]
  /// `[M, R]`: the columns of numbers, one after the other; NaN where there is none.
  let numbers: [Float]
  /// Columns that the table lacks.
  package let missingColumns: [String]
  private let target: TableColumn?

  /// Reads the rows of a table.
  ///
  /// - Parameters:
  ///   - known: How the times that a model was trained on are written.
  ///   - purpose: To learn, every column must be there; the further numbers may be missing later,
  ///     and for a prediction the ratings too.
  /// - Throws: ``TableError`` for a column that is missing, a time, a rating or a number that is none.
  /// - Complexity: O(bytes of the columns).
  package init(
    _ table: Table, columns: HistoryColumns, for purpose: ReviewSet.Purpose = .training
  ) throws(TableError) {
    try self.init(table, columns: columns, clock: nil, for: purpose)
  }

  init(
    _ table: Table, columns: HistoryColumns, clock known: ReviewClock?,
    for purpose: ReviewSet.Purpose
  ) throws(TableError) {
    file = table.file
    self.columns = columns
    count = table.rowCount
    users = try table.column(columns.user).categories()
    items = try table.column(columns.item).categories()
    (clock, seconds) = try ReviewClock.read(table.column(columns.time), as: known)
    target =
      purpose == .prediction
      ? table.columnIfPresent(columns.target) : try table.column(columns.target)
    var ratings = [Double?](repeating: nil, count: count)
    if let target {
      for row in 0..<count where !target.isEmpty(row) {
        ratings[row] = try RatingScale.rating(target, row)
      }
    }
    self.ratings = ratings
    var numbers: [Float] = []
    var missing: [String] = []
    for name in columns.numbers {
      if purpose != .training, table.columnIfPresent(name) == nil {
        missing.append(name)
        numbers += [Float](repeating: .nan, count: count)
      } else {
        numbers += try table.column(name).floats(empty: .nan)
      }
    }
    self.numbers = numbers
    missingColumns = missing
  }

  /// The name of a row's user; empty for nobody.
  func user(_ row: Int) -> String { users.levels[Int(users.codes[row])] }

  func item(_ row: Int) -> String { items.levels[Int(items.codes[row])] }

  /// The numbers of a row.
  func numbers(_ row: Int) -> [Float] {
    columns.numbers.indices.map { numbers[$0 * count + row] }
  }

  /// The ratings that the rows give.
  ///
  /// - Throws: ``TableError`` where they are no small set of at least two.
  func ratingScale() throws(TableError) -> RatingScale {
    guard let target else { return RatingScale(values: []) }
    return try RatingScale(target)
  }

  /// `[R]`: the class of each rating; −1 where there is none.
  ///
  /// - Throws: ``TableError`` for a rating that is not on the scale.
  func classes(on scale: RatingScale) throws(TableError) -> [Int32] {
    var classes: [Int32] = []
    classes.reserveCapacity(count)
    for (row, rating) in ratings.enumerated() {
      guard let rating else {
        classes.append(-1)
        continue
      }
      guard let index = scale.index(of: rating) else {
        let known = (0..<scale.count).map { scale.name($0) }.joined(separator: ", ")
        let what = "the rating \(rating) in column \"\(columns.target)\" is none of the model's"
        let remedy = "The model knows \(known). Leave such rows out, or train on rows like them."
        throw target?.error(row, what: what, remedy: remedy)
          ?? TableError(file: file, what: what, remedy: remedy)
      }
      classes.append(Int32(index))
    }
    return classes
  }
}
