/// How often what was given a probability came true, by bins of equal width: those of
/// ``ProbabilityMetrics/calibrationError(probabilities:outcomes:bins:)``.
package struct CalibrationCurve: Hashable, Sendable {
  package struct Bin: Hashable, Sendable {
    package var rows: Int
    /// The mean probability.
    package var probability: Double
    /// The share of the rows that came true.
    package var share: Double
  }

  /// Bins that hold rows, the lowest probability first.
  package let bins: [Bin]

  /// - Complexity: O(n).
  package init(probabilities: [Double], outcomes: [Bool], bins count: Int = 10) {
    var sums = [(rows: Int, probability: Double, true: Int)](repeating: (0, 0, 0), count: count)
    for (probability, outcome) in zip(probabilities, outcomes) {
      let bin = max(0, min(count - 1, Int(probability * Double(count))))
      sums[bin].rows += 1
      sums[bin].probability += probability
      sums[bin].true += outcome ? 1 : 0
    }
    bins = sums.filter { $0.rows > 0 }.map {
      Bin(
        rows: $0.rows, probability: $0.probability / Double($0.rows),
        share: Double($0.true) / Double($0.rows))
    }
  }
}
