/// How true and false positives trade off as the threshold of a score falls.
package struct RankingCurves: Hashable, Sendable {
  package struct Point: Hashable, Sendable {
    /// Rows with at least this score are taken for positive; infinite: none is.
    package var threshold: Double
    /// The share of the rows taken for positive that are; 1 where none is taken.
    package var precision: Double
    /// The share of the positive rows that are taken: the true positive rate.
    package var recall: Double
    /// The share of the other rows that are taken too.
    package var falsePositiveRate: Double
    /// The share of all rows that are taken.
    package var taken: Double

    /// The harmonic mean of precision and recall; 0 where no positive row is taken.
    package var f1: Double {
      recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }
  }

  /// One for each distinct score, the highest first, after one that takes none.
  package let points: [Point]

  /// - Returns: Without points where all rows are of one class.
  /// - Complexity: O(n log n).
  package init(scores: [Double], isPositive: [Bool]) {
    let positives = isPositive.count { $0 }
    let others = isPositive.count - positives
    guard positives > 0, others > 0 else {
      points = []
      return
    }
    var points = [
      Point(threshold: .infinity, precision: 1, recall: 0, falsePositiveRate: 0, taken: 0)
    ]
    var rows = 0
    var found = 0
    for group in RankingMetrics.tiedGroups(scores, isPositive) {
      rows += group.rows
      found += group.positives
      points.append(
        Point(
          threshold: group.score, precision: Double(found) / Double(rows),
          recall: Double(found) / Double(positives),
          falsePositiveRate: Double(rows - found) / Double(others),
          taken: Double(rows) / Double(isPositive.count)))
    }
    self.points = points
  }

  /// Some of the points, ends included: for a drawing, which shows no more.
  package func thinned(to count: Int) -> [Point] {
    guard points.count > count, count > 1 else { return points }
    return (0..<count).map { points[$0 * (points.count - 1) / (count - 1)] }
  }
}
