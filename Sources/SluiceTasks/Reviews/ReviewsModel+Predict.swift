extension ReviewsModel {
  /// The columns that a prediction adds to a table: `rating`, the expected one; `rating_class`, the
  /// one that is named; and the probability of each rating.
  public var columnNames: [String] {
    let scale = preprocessing.scale
    return ["rating", "rating_class"] + (0..<scale.count).map { "p_\(scale.name($0))" }
  }

  /// Rates the reviews of a table: its rows with what ``columnNames`` says behind them, as CSV.
  ///
  /// - Parameter warn: Told which columns are missing.
  /// - Throws: ``TableError`` where the table has no texts, or has the columns already.
  public func predict(_ table: Table, warn: (String) -> Void) throws -> [UInt8] {
    if let taken = columnNames.first(where: table.header.contains) {
      throw table.error(
        what: "there is a column \"\(taken)\" already, which the prediction would add",
        remedy: "Remove or rename it.")
    }
    let set = try ReviewSet(table, columns: preprocessing.columns, for: .prediction)
    if !set.missingColumns.isEmpty {
      warn(
        "\(table.file) lacks \(set.missingColumns.joined(separator: ", ")): taken as unknown")
    }
    let probabilities = try probabilities(set, rows: Array(0..<set.count))
    let decided = preprocessing.decision.classes(probabilities)
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: columnNames)
    for row in 0..<set.count {
      let rating = rating(row, probabilities, decided)
      writer.append(row: row, of: table, adding: rating.cells)
    }
    return writer.bytes
  }

  /// Rates one text, of nobody known.
  public func rate(text: String) throws -> Rating {
    var writer = CSVWriter()
    writer.append([preprocessing.columns.text])
    writer.append([text])
    let table = try Table(bytes: writer.bytes, file: "--text", separator: UInt8(ascii: ","))
    let set = try ReviewSet(table, columns: preprocessing.columns, for: .prediction)
    let probabilities = try probabilities(set, rows: [0])
    return rating(0, probabilities, preprocessing.decision.classes(probabilities))
  }

  private func rating(_ row: Int, _ probabilities: [Float], _ decided: [Int]) -> Rating {
    let scale = preprocessing.scale
    let own = probabilities[(row * scale.count)..<((row + 1) * scale.count)]
    return Rating(
      expected: scale.expected(own), named: scale.name(decided[row]),
      probabilities: own.enumerated().map { (scale.name($0), Double($1)) })
  }
}

/// What a model makes of one review.
public struct Rating: Sendable {
  /// The expected rating, Σ p · rating.
  public var expected: Double
  /// The rating that is named.
  public var named: String
  /// The probability of each rating, in order.
  public var probabilities: [(name: String, value: Double)]

  /// What a prediction adds to a row of a table.
  var cells: [String] {
    [Self.text(expected), named] + probabilities.map { Self.text($0.value) }
  }

  /// For people: the rating, then the probability of each.
  public var lines: [String] {
    ["rating \(Self.text(expected)), class \(named)"]
      + probabilities.map { "  p_\($0.name) \(Self.text($0.value))" }
  }

  /// Four places behind the point.
  private static func text(_ value: Double) -> String {
    "\((value * 10_000).rounded() / 10_000)"
  }
}
