import SluiceTables

/// Which columns of a table hold what in a history of ratings.
package struct HistoryColumns: Hashable, Sendable, Codable {
  /// The rating.
  package var target: String
  /// Who gave it.
  package var user: String
  /// What it was given to.
  package var item: String
  /// When.
  package var time: String
  /// Further columns of numbers that are known once a rating is given: they tell about later ones.
  package var numbers: [String]

  /// Columns of the table that play no part.
  package func unused(in table: Table) -> [String] {
    let used: Set<String> = Set([target, user, item, time] + numbers)
    return table.header.filter { !$0.isEmpty && !used.contains($0) }
  }

  /// Finds the columns of a table.
  ///
  /// - Throws: ``TableError`` when a named column is missing or named twice, or when rating, user,
  ///   item or time are not recognised; it says which flag names them.
  package static func find(in table: Table, _ request: ReviewColumns.Request)
    throws(TableError) -> HistoryColumns
  {
    var search = ColumnSearch(table)
    for name in request.ignored { try search.take(name, for: "--ignore") }
    let target = try search.named(request.target, for: "--target")
    let user = try search.named(request.user, for: "--user")
    let item = try search.named(request.item, for: "--item")
    let time = try search.named(request.time, for: "--time")
    let numbers = try search.named(request.numbers, for: "--numbers")

    func found(
      _ name: String?, _ asked: String?, _ known: [String], _ role: String, _ flag: String
    ) throws(TableError) -> String {
      if let name { return name }
      // An empty name asks for none, which there must be here.
      if asked == nil, let name = search.recognise(known) { return name }
      throw TableError(
        file: table.file, line: 1,
        what: asked == nil
          ? "no column is recognised as the one with the \(role)" : "\(flag) names no column",
        remedy: "--history learns from who rated what and when: name the column with \(flag) "
          + "COLUMN. The columns are: \(table.listedColumns).")
    }
    return HistoryColumns(
      target: try found(target, request.target, ReviewColumns.targetNames, "rating", "--target"),
      user: try found(user, request.user, ReviewColumns.userNames, "user", "--user"),
      item: try found(item, request.item, ReviewColumns.itemNames, "item", "--item"),
      time: try found(time, request.time, ReviewColumns.timeNames, "time", "--time"),
      numbers: numbers
        ?? search.recogniseAll(ReviewColumns.numberNames) {
          table.columnIfPresent($0)?.isNumeric ?? false
        })
  }
}

extension ReviewData {
  /// The same with the columns that were found.
  func resolved(for columns: HistoryColumns) -> ReviewData {
    var resolved = self
    resolved.target = columns.target
    resolved.user = columns.user
    resolved.item = columns.item
    resolved.time = columns.time
    resolved.numbers = columns.numbers
    return resolved
  }
}
