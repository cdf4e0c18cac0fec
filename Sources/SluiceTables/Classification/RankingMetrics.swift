/// How well scores put the positive rows before the others. Only their order counts.
package enum RankingMetrics {
  /// The area under the ROC curve: the share of pairs of a positive and another row in which the
  /// positive one has the higher score; a tie counts half.
  ///
  /// - Returns: NaN where all rows are of one class.
  /// - Complexity: O(n log n).
  /// - SeeAlso: Mann & Whitney 1947.
  package static func areaUnderROC(scores: [Double], isPositive: [Bool]) -> Double {
    let positives = Double(isPositive.count { $0 })
    let negatives = Double(isPositive.count) - positives
    guard positives > 0, negatives > 0 else { return .nan }
    // Ranks from 1; rows with the same score share the mean of theirs.
    var rankSum = 0.0
    var below = 0
    for group in tiedGroups(scores, isPositive).reversed() {
      rankSum += Double(group.positives) * (Double(below) + Double(group.rows + 1) / 2)
      below += group.rows
    }
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
  }

  /// Average precision: Σ (recall − recall before) · precision over the distinct scores, highest
  /// first.
  ///
  /// - Returns: NaN where no row is positive.
  /// - Complexity: O(n log n).
  package static func averagePrecision(scores: [Double], isPositive: [Bool]) -> Double {
    let positives = isPositive.count { $0 }
    guard positives > 0 else { return .nan }
    var rows = 0
    var found = 0
    var sum = 0.0
    for group in tiedGroups(scores, isPositive) {
      rows += group.rows
      found += group.positives
      sum += Double(group.positives) * Double(found) / Double(rows)
    }
    return sum / Double(positives)
  }

  /// Rows with one score.
  package struct TiedGroup {
    package var score: Double
    package var rows: Int
    package var positives: Int
  }

  /// The rows by their scores, highest first.
  ///
  /// - Precondition: There are as many scores as rows.
  package static func tiedGroups(_ scores: [Double], _ isPositive: [Bool]) -> [TiedGroup] {
    precondition(scores.count == isPositive.count, "\(scores.count) scores")
    var groups: [TiedGroup] = []
    for row in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if let last = groups.indices.last, groups[last].score == scores[row] {
        groups[last].rows += 1
        groups[last].positives += isPositive[row] ? 1 : 0
      } else {
        groups.append(TiedGroup(score: scores[row], rows: 1, positives: isPositive[row] ? 1 : 0))
      }
    }
    return groups
  }
}
