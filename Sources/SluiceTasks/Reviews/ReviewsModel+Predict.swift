import SluiceTables

extension ReviewsModel {
  /// Rates the reviews of a table: its rows with `rating`, `rating_class` and the
  /// probability of each rating behind them, as CSV.
  ///
  /// - Parameter warn: Told which columns the table lacks.
  /// - Throws: ``TableError`` where the table has no texts, or has the columns already.
  package func predict(_ table: Table, warn: (String) -> Void) throws -> [UInt8] {
    let scale = preprocessing.scale
    let added = try scale.addedColumns(in: table, target: preprocessing.columns.target)
    let set = try ReviewSet(table, columns: preprocessing.columns, for: .prediction)
    if !set.missingColumns.isEmpty {
      warn(
        "\(table.file) lacks \(set.missingColumns.joined(separator: ", ")): taken as unknown")
    }
    let answers = RatingAnswers(
      try probabilities(set, rows: Array(0..<set.count)), decision: preprocessing.decision,
      scale: scale)
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: added)
    for row in 0..<set.count {
      writer.append(row: row, of: table, adding: Rating(answers, row, scale).cells)
    }
    return writer.bytes
  }

  /// Rates one text, of nobody known.
  package func rate(text: String) throws -> Rating {
    var writer = CSVWriter()
    writer.append([preprocessing.columns.text])
    writer.append([text])
    let table = try Table(bytes: writer.bytes, file: "--text", separator: UInt8(ascii: ","))
    let set = try ReviewSet(table, columns: preprocessing.columns, for: .prediction)
    let answers = RatingAnswers(
      try probabilities(set, rows: [0]), decision: preprocessing.decision,
      scale: preprocessing.scale)
    return Rating(answers, 0, preprocessing.scale)
  }
}
