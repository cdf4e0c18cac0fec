import Foundation
import SluiceTables

/// The baseline that a network over words in their order has to beat: logistic regression on
/// ``TextFeatures``, or linear regression where ratings are of many values.
struct BagOfWords: Codable, Sendable {
  private let index: NGramIndex
  private let characters: NGramIndex?
  /// One of the two is there.
  let regression: LogisticRegression?
  let linear: LinearRegression?

  /// How weights are held down. One of several ways is chosen by rows that were not fitted to.
  struct Regularisation: Hashable, Sendable {
    var penalty: Double
    /// Whether sequences that stand in one of two classes far more often than in the other are held
    /// down less. It helps where texts are short.
    ///
    /// - SeeAlso: Wang & Manning, "Baselines and bigrams", 2012.
    var isByRatio = false

    /// Those to choose from for ratings of K values, or of many; the strongest first.
    static func candidates(_ scale: RatingScale) -> [Regularisation] {
      guard scale.bounds == nil else {
        return [10, 3, 1, 0.3].map { Regularisation(penalty: $0) }
      }
      let plain = [1, 0.3, 0.1, 0.03].map { Regularisation(penalty: $0) }
      guard scale.count == 2 else { return plain }
      return plain + [1, 0.3, 0.1].map { Regularisation(penalty: $0, isByRatio: true) }
    }
  }

  /// Fits on some rows.
  ///
  /// - Parameters:
  ///   - features: Of the rows.
  ///   - rows: `[R, F]`
  ///   - labels: `[R]`
  ///   - start: A fit to the same rows with another penalty alone, to begin with.
  /// - Complexity: O(100 · sequences of the rows · K).
  init(
    _ features: TextFeatures, rows: SparseRows, labels: [Int], classCount: Int,
    _ regularisation: Regularisation, start: BagOfWords? = nil
  ) {
    index = features.words
    characters = features.characters
    linear = nil
    func fit(_ rows: SparseRows, _ start: LogisticRegression?) -> LogisticRegression {
      LogisticRegression(
        fittedTo: rows, labels: labels, classCount: classCount, penalty: regularisation.penalty,
        start: start, iterations: 100, tolerance: 1e-4)
    }
    guard regularisation.isByRatio else {
      regression = fit(rows, start?.regression)
      return
    }
    let ratios = Self.ratios(rows, labels: labels)
    regression = fit(
      rows.scaled(by: ratios), start?.regression?.takingUnscaled(ratios.map { 1 / $0 })
    ).takingUnscaled(ratios)
  }

  /// `[F]`: ½ and the size of the logarithm of how much more often a sequence stands in texts of one
  /// class than of the other.
  private static func ratios(_ rows: SparseRows, labels: [Int]) -> [Float] {
    var counts = [[Double]](repeating: [Double](repeating: 1, count: rows.columnCount), count: 2)
    for (row, label) in labels.enumerated() {
      for place in rows.starts[row]..<rows.starts[row + 1] {
        counts[label][Int(rows.columns[place])] += 1
      }
    }
    let totals = counts.map { $0.reduce(0, +) }
    return zip(counts[0], counts[1]).map {
      0.5 + Float(abs(log($0 / totals[0] * (totals[1] / $1))))
    }
  }

  /// Fits ratings of many values on some rows.
  ///
  /// - Parameter ratings: `[R]`; the others as above.
  /// - Complexity: O(200 · sequences of the rows).
  init(
    _ features: TextFeatures, rows: SparseRows, ratings: [Double],
    _ regularisation: Regularisation, start: BagOfWords? = nil
  ) {
    index = features.words
    characters = features.characters
    regression = nil
    linear = LinearRegression(
      fittedTo: rows, targets: ratings, penalty: regularisation.penalty, start: start?.linear)
  }

  var features: TextFeatures { TextFeatures(words: index, characters: characters) }

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
