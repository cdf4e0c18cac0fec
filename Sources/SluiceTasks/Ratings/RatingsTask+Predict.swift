import SluiceTables

extension RatingsTask {
  /// Rates every row of a table from what came before it. Rows that have a rating themselves are past
  /// for those behind them.
  ///
  /// - Throws: ``TableError`` where the table lacks users, items or times, has a rating that the model
  ///   does not know, or has the columns already.
  package static func predict(_ model: Model, for table: Table?, _ options: NoOptions) throws
    -> Answers
  {
    let table = try table.given("a CSV with users, items and times")
    let fitted = model.fitted
    let data = model.settings.data
    let columns = data.columns
    let names = try fitted.scale.addedColumns(
      in: table,
      known: [columns.target, columns.user, columns.item, columns.time] + columns.numbers)
    let rows = try RatingRows(table, data, fitted: fitted, needsRatings: false)
    let (timeline, places) = fitted.timeline(with: rows)
    let answers = RatingAnswers(
      try model.probabilities(timeline, rows: places), decision: fitted.decision,
      scale: fitted.scale)
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: names)
    for row in places.indices {
      writer.append(row: row, of: table, adding: Rating(answers, row, fitted.scale).cells)
    }
    var warnings: [String] = []
    if !rows.missingColumns.isEmpty {
      warnings.append(
        "\(table.file) lacks \(rows.missingColumns.joined(separator: ", ")): taken as unknown")
    }
    func strangers(_ codes: [Int32], _ known: [String]) -> Int {
      places.count { codes[$0] < 0 || codes[$0] >= known.count }
    }
    let users = strangers(timeline.events.users, fitted.users)
    let items = strangers(timeline.events.items, fitted.items)
    if users > 0 {
      warnings.append(
        "\(users) rows are by users that the model has not learned from: rated by what the table "
          + "tells of them and by the item")
    }
    if items > 0 {
      warnings.append(
        "\(items) rows are of items that the model has not learned from: taken as unknown")
    }
    return Answers(csv: writer.bytes, warnings: warnings, count: places.count, noun: "ratings")
  }
}
