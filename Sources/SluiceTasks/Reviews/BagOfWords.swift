import SluiceTables

/// The baseline that a network over words in their order has to beat: logistic regression on which
/// words and pairs of words a review holds, TF-IDF weighted.
struct BagOfWords: Codable, Sendable {
  let index: NGramIndex
  let regression: LogisticRegression

  /// Fits on some rows.
  ///
  /// - Parameters:
  ///   - classes: `[R]` of the set.
  ///   - classCount: K.
  init(_ set: ReviewSet, rows: [Int], classes: [Int32], classCount: Int, index: NGramIndex) {
    self.index = index
    regression = LogisticRegression(
      fittedTo: Self.features(set, rows: rows, index), labels: rows.map { Int(classes[$0]) },
      classCount: classCount, penalty: 1, iterations: 100, tolerance: 1e-4)
  }

  /// `[rows, K]`
  func probabilities(_ set: ReviewSet, rows: [Int]) -> [Float] {
    regression.probabilities(Self.features(set, rows: rows, index)).map { Float($0) }
  }

  private static func features(_ set: ReviewSet, rows: [Int], _ index: NGramIndex) -> SparseRows {
    var features = SparseRows(columnCount: index.count)
    for row in rows {
      let own = index.features(of: set.texts[row])
      features.append(columns: own.columns, values: own.weights)
    }
    return features
  }
}
