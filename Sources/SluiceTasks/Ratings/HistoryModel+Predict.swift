import SluiceTables

extension HistoryModel {
  /// The columns that a prediction adds to a table: `rating`, the expected one; `rating_class`, the
  /// one that is named; and the probability of each rating.
  package var columnNames: [String] {
    let scale = preprocessing.scale
    return ["rating", "rating_class"] + (0..<scale.count).map { "p_\(scale.name($0))" }
  }

  /// Rates every row of a table from what came before it: its rows with what ``columnNames`` says
  /// behind them, as CSV. Rows that have a rating themselves are history for those behind them.
  ///
  /// - Parameter warn: Told what is missing and who is new.
  /// - Throws: ``TableError`` where the table lacks users, items or times, has a rating that the model
  ///   does not know, or has the columns already.
  package func predict(_ table: Table, warn: (String) -> Void) throws -> [UInt8] {
    // A target that is itself called `rating` gives way: the answer stands behind it.
    if let taken = columnNames.first(where: {
      table.header.contains($0) && $0 != preprocessing.columns.target
    }) {
      throw table.error(
        what: "there is a column \"\(taken)\" already, which the prediction would add",
        remedy: "Remove or rename it.")
    }
    let set = try read(table, for: .prediction)
    if !set.missingColumns.isEmpty {
      warn("\(table.file) lacks \(set.missingColumns.joined(separator: ", ")): taken as unknown")
    }
    let classes = try set.classes(on: preprocessing.scale)
    let request = HistoryRequest(set, classes: classes, preprocessing)
    warnOfStrangers(request, warn)
    let probabilities = try probabilities(request.timeline, rows: request.rows)
    let decided = preprocessing.decision.classes(probabilities)
    let scale = preprocessing.scale
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: addedNames(in: table))
    for row in 0..<set.count {
      let own = probabilities[(row * scale.count)..<((row + 1) * scale.count)]
      let rating = Rating(
        expected: scale.expected(own), named: scale.name(decided[row]),
        probabilities: own.enumerated().map { (scale.name($0), Double($1)) })
      writer.append(row: row, of: table, adding: rating.cells)
    }
    return writer.bytes
  }

  /// A column that the table has keeps its name: the expected rating is then `rating_expected`.
  private func addedNames(in table: Table) -> [String] {
    columnNames.map { table.header.contains($0) ? "\($0)_expected" : $0 }
  }

  private func warnOfStrangers(_ request: HistoryRequest, _ warn: (String) -> Void) {
    let users = request.knowsUser.count { !$0 }
    let items = request.knowsItem.count { !$0 }
    if users > 0 {
      warn(
        "\(users) rows are by users that the model has not learned from: rated by what the table "
          + "tells of them and by the item")
    }
    if items > 0 {
      warn("\(items) rows are of items that the model has not learned from: taken as unknown")
    }
  }
}
