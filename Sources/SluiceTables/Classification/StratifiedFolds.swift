import SluiceCompute

/// Rows dealt into parts so that each has its share of every class. A pure function of the labels,
/// the seed and the stream.
package struct StratifiedFolds: Hashable, Sendable {
  package let foldCount: Int
  /// `[N]`: the fold of each row.
  package let folds: [Int]

  /// Shuffles the rows of each class and deals them out in turn. Folds differ by at most one row in
  /// size, and by at most one in each class; with groups by what one group has.
  ///
  /// - Parameters:
  ///   - labels: `[N]`: the class of each row, 0 or more.
  ///   - groups: `[N]`: rows of one group stay in one fold, all of them, unless they are more than a
  ///     fold has rows; empty: every row is a group of its own.
  ///   - stream: Tells this shuffle from others of the same seed.
  /// - Precondition: `foldCount` is at least 1.
  /// - Complexity: O(N · folds + classes).
  package init(
    labels: [Int], groups: [Int] = [], foldCount: Int, seed: UInt64, stream: UInt32 = 0
  ) {
    precondition(foldCount >= 1, "\(foldCount) folds")
    precondition(groups.isEmpty || groups.count == labels.count, "a group for each row")
    self.foldCount = foldCount
    let members = Self.members(groups, atMost: labels.count / foldCount)
    var folds = [Int](repeating: -1, count: labels.count)
    var sizes = [Int](repeating: 0, count: foldCount)
    var next = 0
    for rows in Self.shuffledClasses(labels, seed: seed, stream: stream) {
      for row in rows where folds[row] < 0 {
        // The next in turn; where groups made folds unlike, the next of the smallest ones.
        let least = sizes.min() ?? 0
        while sizes[next] > least { next = (next + 1) % foldCount }
        for own in members[row] ?? [row] {
          folds[own] = next
          sizes[next] += 1
        }
        next = (next + 1) % foldCount
      }
    }
    self.folds = folds
  }

  /// For each row of a group, all rows of it, where they are two or more and not too many.
  private static func members(_ groups: [Int], atMost limit: Int) -> [Int: [Int]] {
    var rows: [Int: [Int]] = [:]
    for (row, group) in groups.enumerated() { rows[group, default: []].append(row) }
    var members: [Int: [Int]] = [:]
    for own in rows.values where own.count > 1 && own.count <= limit {
      for row in own { members[row] = own }
    }
    return members
  }

  /// The rows of a fold, ascending.
  package func rows(in fold: Int) -> [Int] {
    folds.indices.filter { folds[$0] == fold }
  }

  /// The rows of all other folds, ascending.
  package func rows(outside fold: Int) -> [Int] {
    folds.indices.filter { folds[$0] != fold }
  }

  /// Takes a share of every class away.
  ///
  /// - Parameters:
  ///   - groups: `[N]`: rows of one group stay together, all of them, unless they are more than what
  ///     is taken away; empty: every row is a group of its own.
  ///   - fraction: In `0 ... 1`; each class gives the nearest number of rows, with groups about as
  ///     many.
  /// - Returns: The rows that are kept and those that are held out, ascending.
  package static func split(
    labels: [Int], groups: [Int] = [], holdingOut fraction: Double, seed: UInt64
  ) -> (kept: [Int], heldOut: [Int]) {
    precondition(groups.isEmpty || groups.count == labels.count, "a group for each row")
    let members = members(
      groups, atMost: Int((Double(labels.count) * min(fraction, 1 - fraction)).rounded()))
    var isHeldOut = [Bool?](repeating: nil, count: labels.count)
    for rows in shuffledClasses(labels, seed: seed, stream: 0x5350_4C54) {
      let count = Int((Double(rows.count) * fraction).rounded())
      var taken = rows.count { isHeldOut[$0] == true }
      for row in rows where isHeldOut[row] == nil {
        let own = members[row] ?? [row]
        let isTaken = taken < count
        for row in own { isHeldOut[row] = isTaken }
        if isTaken { taken += own.count { labels[$0] == labels[row] } }
      }
    }
    return (
      labels.indices.filter { isHeldOut[$0] != true },
      labels.indices.filter { isHeldOut[$0] == true }
    )
  }

  /// The rows of each class, in a random order.
  private static func shuffledClasses(_ labels: [Int], seed: UInt64, stream: UInt32) -> [[Int]] {
    var classes = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (row, label) in labels.enumerated() { classes[label].append(row) }
    var generator = PhiloxGenerator(
      RandomStream(seed: seed, stream: 0x464F_4C44 ^ stream))
    for index in classes.indices { generator.shuffle(&classes[index]) }
    return classes
  }
}
