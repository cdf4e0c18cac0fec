/// How often rows of each class were taken for each other class.
package struct ConfusionMatrix: Hashable, Sendable {
  package let classCount: Int
  /// `[K, K]`, row-major: rows of class i that were taken for class j.
  private var counts: [Int]

  /// - Parameters:
  ///   - actual: The true classes, in `0 ..< classCount`.
  ///   - predicted: What the model takes them for.
  /// - Complexity: O(n).
  package init(classCount: Int, actual: [Int], predicted: [Int]) {
    precondition(actual.count == predicted.count, "\(predicted.count) of \(actual.count) rows")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
    for (truth, answer) in zip(actual, predicted) { counts[truth * classCount + answer] += 1 }
  }

  /// Two classes: 0 negative, 1 positive.
  package init(isPositive: [Bool], predictedPositive: [Bool]) {
    self.init(
      classCount: 2, actual: isPositive.map { $0 ? 1 : 0 },
      predicted: predictedPositive.map { $0 ? 1 : 0 })
  }

  package subscript(actual actual: Int, predicted predicted: Int) -> Int {
    counts[actual * classCount + predicted]
  }

  package var rows: Int { counts.reduce(0, +) }

  /// Rows whose true class is this one.
  package func support(_ index: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + self[actual: index, predicted: $1] }
  }

  /// Rows that were taken for this class.
  package func predictedCount(_ index: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + self[actual: $1, predicted: index] }
  }

  /// The share of rows whose class was found; NaN without rows.
  package var accuracy: Double {
    let right = (0..<classCount).reduce(0) { $0 + self[actual: $1, predicted: $1] }
    return Double(right) / Double(rows)
  }

  /// The share of the rows taken for this class that are of it; 0 where none was.
  package func precision(_ index: Int) -> Double {
    Double(self[actual: index, predicted: index]) / Double(max(1, predictedCount(index)))
  }

  /// The share of this class's rows that were found; 0 where it has none.
  package func recall(_ index: Int) -> Double {
    Double(self[actual: index, predicted: index]) / Double(max(1, support(index)))
  }

  /// The harmonic mean of precision and recall; 0 where no row was found.
  package func f1(_ index: Int) -> Double {
    let found = 2 * self[actual: index, predicted: index]
    return Double(found) / Double(max(1, support(index) + predictedCount(index)))
  }

  /// The mean of ``f1(_:)`` over the classes that are present in the truth; NaN without rows.
  package var macroF1: Double {
    let present = (0..<classCount).filter { support($0) > 0 }
    return present.reduce(0) { $0 + f1($1) } / Double(present.count)
  }
}
