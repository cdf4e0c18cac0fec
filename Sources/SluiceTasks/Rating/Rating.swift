import SluiceTables

extension RatingScale {
  /// The columns that a prediction adds to a table: `rating`, the expected one; `rating_class`, the
  /// one that is named; and the probability of each rating. Where ratings are of many values, `rating`,
  /// `p10` and `p90`. Where the table's own ratings are called `rating`, the expected one is
  /// `rating_expected`.
  ///
  /// - Parameter known: The columns that the model was trained with.
  /// - Throws: ``TableError`` where the table has another one of the columns already.
  func addedColumns(in table: Table, known: [String]) throws(TableError) -> [String] {
    let names =
      bounds != nil
      ? ["rating", "p10", "p90"]
      : ["rating", "rating_class"] + (0..<count).map { "p_\(name($0))" }
    return try table.columns(for: names, known: known, ending: "expected")
  }
}

/// What a model makes of one review.
package struct Rating: Sendable {
  /// The expected rating, Σ p · rating.
  package var expected: Double
  /// The rating that is named; empty where ratings are of many values.
  package var named = ""
  /// The probability of each rating, in order; empty where ratings are of many values.
  package var probabilities: [(name: String, value: Double)] = []
  /// p10 and p90, where ratings are of many values.
  package var interval: ClosedRange<Double>?

  /// What a prediction adds to a row of a table.
  var cells: [String] {
    if let interval {
      return [expected, interval.lowerBound, interval.upperBound].map(Self.text)
    }
    return [Self.text(expected), named] + probabilities.map { Self.text($0.value) }
  }

  /// For people: the rating, then its interval or the probability of each.
  package var lines: [String] {
    if interval != nil {
      return [zip(["rating", "p10", "p90"], cells).map { "\($0) \($1)" }.joined(separator: ", ")]
    }
    return ["rating \(Self.text(expected)), class \(named)"]
      + probabilities.map { "  p_\($0.name) \(Self.text($0.value))" }
  }

  /// Four places behind the point.
  private static func text(_ value: Double) -> String {
    "\((value * 10_000).rounded() / 10_000)"
  }
}

extension Rating {
  /// What the answers say of a row, where ratings are of many values.
  init(_ answers: MeanAnswers, _ row: Int) {
    self.init(expected: answers.expected[row], interval: answers.intervals?[row])
  }

  /// What the answers say of a row.
  init(_ answers: RatingAnswers, _ row: Int, _ scale: RatingScale) {
    let own = answers.probabilities.map { $0[(row * scale.count)..<((row + 1) * scale.count)] }
    self.init(
      expected: answers.expected[row], named: scale.name(answers.named[row]),
      probabilities: (own ?? []).enumerated().map { (scale.name($0), Double($1)) })
  }
}
