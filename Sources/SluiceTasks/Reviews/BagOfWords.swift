import SluiceTables

/// The baseline that a network over words in their order has to beat: logistic regression on
/// ``TextFeatures``.
struct BagOfWords: Codable, Sendable {
  private let index: NGramIndex
  private let characters: NGramIndex?
  private let regression: LogisticRegression

  /// How strongly weights are held down, of which one is chosen; the strongest first.
  static let penalties = [1, 0.3, 0.1, 0.03]

  /// Fits on some rows.
  ///
  /// - Parameters:
  ///   - features: Of the rows.
  ///   - rows: `[R, F]`
  ///   - labels: `[R]`
  ///   - start: A fit to the same rows by another penalty, to begin with.
  /// - Complexity: O(100 · sequences of the rows · K).
  init(
    _ features: TextFeatures, rows: SparseRows, labels: [Int], classCount: Int, penalty: Double,
    start: BagOfWords? = nil
  ) {
    index = features.words
    characters = features.characters
    regression = LogisticRegression(
      fittedTo: rows, labels: labels, classCount: classCount, penalty: penalty,
      start: start?.regression, iterations: 100, tolerance: 1e-4)
  }

  private var features: TextFeatures { TextFeatures(words: index, characters: characters) }

  /// `[rows, K]`
  func probabilities(_ set: ReviewSet, rows: [Int]) -> [Float] {
    probabilities(features.rows(rows, of: set))
  }

  /// `[rows, K]`
  ///
  /// - Parameter rows: `[rows, F]`
  func probabilities(_ rows: SparseRows) -> [Float] {
    regression.probabilities(rows).map { Float($0) }
  }

  /// Whether the parts fit each other, as those of a file may not.
  func isPlausible(classes: Int) -> Bool {
    regression.isPlausible && regression.classCount == classes
      && regression.columnCount == features.count
  }
}
