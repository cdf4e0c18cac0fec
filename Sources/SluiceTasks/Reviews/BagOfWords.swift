import SluiceTables

/// The baseline that a network over words in their order has to beat: logistic regression on
/// ``TextFeatures``, or linear regression where ratings are of many values.
struct BagOfWords: Codable, Sendable {
  private let index: NGramIndex
  private let characters: NGramIndex?
  /// One of the two is there.
  private let regression: LogisticRegression?
  private let linear: LinearRegression?

  /// How strongly weights are held down, of which one is chosen; the strongest first.
  static let penalties = [1, 0.3, 0.1, 0.03]
  static let linearPenalties = [10, 3, 1, 0.3]

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
    linear = nil
  }

  /// Fits ratings of many values on some rows.
  ///
  /// - Parameter ratings: `[R]`; the others as above.
  /// - Complexity: O(200 · sequences of the rows).
  init(
    _ features: TextFeatures, rows: SparseRows, ratings: [Double], penalty: Double,
    start: BagOfWords? = nil
  ) {
    index = features.words
    characters = features.characters
    regression = nil
    linear = LinearRegression(
      fittedTo: rows, targets: ratings, penalty: penalty, start: start?.linear)
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
    (regression?.probabilities(rows) ?? []).map { Float($0) }
  }

  /// `[rows]`: ratings of many values.
  func ratings(_ set: ReviewSet, rows: [Int]) -> [Double] { ratings(features.rows(rows, of: set)) }

  /// `[rows]`: ratings of many values.
  ///
  /// - Parameter rows: `[rows, F]`
  func ratings(_ rows: SparseRows) -> [Double] { linear?.predictions(rows) ?? [] }

  /// Whether the parts fit each other, as those of a file may not.
  func isPlausible(_ scale: RatingScale) -> Bool {
    guard scale.bounds == nil else {
      return regression == nil
        && linear.map { $0.isPlausible && $0.weights.count == features.count } == true
    }
    return linear == nil
      && regression.map {
        $0.isPlausible && $0.classCount == scale.count && $0.columnCount == features.count
      } == true
  }
}
