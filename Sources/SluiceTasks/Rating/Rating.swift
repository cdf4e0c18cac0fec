import SluiceTables

extension RatingScale {
  /// The columns that a prediction adds to a table: `rating`, the expected one; `rating_class`, the
  /// one that is named; and the probability of each rating. Where the table's own ratings are called
  /// `rating`, the expected one is `rating_expected`.
  ///
  /// - Throws: ``TableError`` where the table has another one of the columns already.
  func addedColumns(in table: Table, target: String) throws(TableError) -> [String] {
    let names = ["rating", "rating_class"] + (0..<count).map { "p_\(name($0))" }
    if let taken = names.first(where: { table.header.contains($0) && $0 != target }) {
      throw table.error(
        what: "there is a column \"\(taken)\" already, which the prediction would add",
        remedy: "Remove or rename it.")
    }
    return names.map { table.header.contains($0) ? "\($0)_expected" : $0 }
  }
}

/// What a model makes of one review.
package struct Rating: Sendable {
  /// The expected rating, Σ p · rating.
  package var expected: Double
  /// The rating that is named.
  package var named: String
  /// The probability of each rating, in order.
  package var probabilities: [(name: String, value: Double)]

  /// What a prediction adds to a row of a table.
  var cells: [String] {
    [Self.text(expected), named] + probabilities.map { Self.text($0.value) }
  }

  /// For people: the rating, then the probability of each.
  package var lines: [String] {
    ["rating \(Self.text(expected)), class \(named)"]
      + probabilities.map { "  p_\($0.name) \(Self.text($0.value))" }
  }

  /// Four places behind the point.
  private static func text(_ value: Double) -> String {
    "\((value * 10_000).rounded() / 10_000)"
  }
}

extension Rating {
  /// What the answers say of a row.
  init(_ answers: RatingAnswers, _ row: Int, _ scale: RatingScale) {
    let own = answers.probabilities.map { $0[(row * scale.count)..<((row + 1) * scale.count)] }
    self.init(
      expected: answers.expected[row], named: scale.name(answers.named[row]),
      probabilities: (own ?? []).enumerated().map { (scale.name($0), Double($1)) })
  }
}
