/// What somebody says about the ratings of some rows. R rows, K ratings.
struct RatingAnswers {
  /// `[R]`: the expected ratings.
  var expected: [Double]
  /// `[R]`: the classes that are named.
  var named: [Int]
  /// `[R, K]`; nil where none are given.
  var probabilities: [Float]?

  /// The answers of probabilities.
  init(_ probabilities: [Float], decision: RatingDecision, scale: RatingScale) {
    expected = scale.expectations(probabilities)
    named = decision.classes(probabilities)
    self.probabilities = probabilities
  }

  /// The answers of a forecaster that says a number: the nearest rating is named, the lower one of
  /// two that are as near.
  init(expected: [Double], scale: RatingScale) {
    self.expected = expected
    named = expected.map { value in
      scale.values.indices.min {
        abs(scale.values[$0] - value) < abs(scale.values[$1] - value)
      } ?? 0
    }
  }
}

extension RatingScale {
  /// Σ p · rating: the expected rating.
  func expected(_ probabilities: ArraySlice<Float>) -> Double {
    zip(values, probabilities).reduce(0) { $0 + $1.0 * Double($1.1) }
  }

  /// `[R]`: the expected ratings.
  ///
  /// - Parameter probabilities: `[R, K]`
  func expectations(_ probabilities: [Float]) -> [Double] {
    stride(from: 0, to: probabilities.count, by: count).map {
      expected(probabilities[$0..<($0 + count)])
    }
  }
}
