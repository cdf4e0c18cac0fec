/// Where probability becomes a decision.
package enum DecisionThreshold {
  /// The threshold with the best F1: rows with a probability at or above it are taken for positive.
  /// It lies half-way between two neighbouring probabilities.
  ///
  /// - Returns: 0.5 where no row is positive.
  /// - Complexity: O(n log n).
  package static func bestF1(probabilities: [Double], isPositive: [Bool]) -> Double {
    let positives = isPositive.count { $0 }
    guard positives > 0 else { return 0.5 }
    let groups = RankingMetrics.tiedGroups(probabilities, isPositive)
    var best = (f1: -1.0, threshold: 0.5)
    var rows = 0
    var found = 0
    for (index, group) in groups.enumerated() {
      rows += group.rows
      found += group.positives
      let f1 = 2 * Double(found) / Double(rows + positives)
      guard f1 > best.f1 else { continue }
      let next = index + 1 < groups.count ? groups[index + 1].score : 0
      best = (f1, (group.score + next) / 2)
    }
    return best.threshold
  }
}
