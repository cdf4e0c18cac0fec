import SluiceCompute

/// Rows dealt into parts so that each has its share of every class. A pure function of the labels,
/// the seed and the stream.
package struct StratifiedFolds: Hashable, Sendable {
  package let foldCount: Int
  /// `[N]`: the fold of each row.
  package let folds: [Int]

  /// Shuffles the rows of each class and deals them out in turn. Folds differ by at most one row in
  /// size, and by at most one in each class.
  ///
  /// - Parameters:
  ///   - labels: `[N]`: the class of each row, 0 or more.
  ///   - stream: Tells this shuffle from others of the same seed.
  /// - Precondition: `foldCount` is at least 1.
  /// - Complexity: O(N + classes).
  package init(labels: [Int], foldCount: Int, seed: UInt64, stream: UInt32 = 0) {
    precondition(foldCount >= 1, "\(foldCount) folds")
    self.foldCount = foldCount
    var folds = [Int](repeating: 0, count: labels.count)
    var next = 0
    for rows in Self.shuffledClasses(labels, seed: seed, stream: stream) {
      for row in rows {
        folds[row] = next
        next = (next + 1) % foldCount
      }
    }
    self.folds = folds
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
  /// - Parameter fraction: In `0 ... 1`; each class gives the nearest number of rows.
  /// - Returns: The rows that are kept and those that are held out, ascending.
  package static func split(labels: [Int], holdingOut fraction: Double, seed: UInt64)
    -> (kept: [Int], heldOut: [Int])
  {
    var isHeldOut = [Bool](repeating: false, count: labels.count)
    for rows in shuffledClasses(labels, seed: seed, stream: 0x5350_4C54) {
      let count = Int((Double(rows.count) * fraction).rounded())
      for row in rows.prefix(count) { isHeldOut[row] = true }
    }
    return (
      labels.indices.filter { !isHeldOut[$0] }, labels.indices.filter { isHeldOut[$0] }
    )
  }

  /// The rows of each class, in a random order.
  private static func shuffledClasses(_ labels: [Int], seed: UInt64, stream: UInt32) -> [[Int]] {
    var classes = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (row, label) in labels.enumerated() { classes[label].append(row) }
    var generator = PhiloxGenerator(
      RandomStream(seed: seed, stream: 0x464F_4C44 ^ stream))
    for index in classes.indices {
      for last in stride(from: classes[index].count - 1, to: 0, by: -1) {
        classes[index].swapAt(last, generator.index(below: last + 1))
      }
    }
    return classes
  }
}
