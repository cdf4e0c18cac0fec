/// What a campaign reaches that begins with the highest scores: rows in parts of equal size, and
/// how many of each are positive.
package struct LiftTable: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package var rows: Int
    /// The lowest score in the part.
    package var lowestScore: Double
    /// Positive rows. Of rows with one score that lie on both sides of a border, each part gets its
    /// share, so it may be a fraction: the order of the rows in the file decides nothing.
    package var positives: Double
    /// The share of the part's rows that are positive.
    package var rate: Double
    /// ``rate`` over the rate of all rows.
    package var lift: Double
    /// The share of all positive rows that lie in this part and those before it.
    package var gain: Double
  }

  /// Highest scores first.
  package let parts: [Part]

  /// - Parameter count: Parts; those beyond the number of rows are left out.
  /// - Complexity: O(n log n).
  package init(scores: [Double], isPositive: [Bool], parts count: Int = 10) {
    let total = Double(isPositive.count { $0 })
    let rate = total / Double(max(1, isPositive.count))
    // Each row as its score and the share of its ties that are positive.
    let ranked = RankingMetrics.tiedGroups(scores, isPositive).flatMap { group in
      [(score: Double, share: Double)](
        repeating: (group.score, Double(group.positives) / Double(group.rows)), count: group.rows)
    }
    var parts: [Part] = []
    var found = 0.0
    for index in 0..<count {
      let rows = ranked[(ranked.count * index / count)..<(ranked.count * (index + 1) / count)]
      guard let last = rows.last else { continue }
      let positives = rows.reduce(0) { $0 + $1.share }
      found += positives
      let own = positives / Double(rows.count)
      parts.append(
        Part(
          rows: rows.count, lowestScore: last.score, positives: positives, rate: own,
          lift: own / rate, gain: found / total))
    }
    self.parts = parts
  }
}
