import SluicePlatform
import SluiceTables

/// How one rating is named from the probabilities of all: the largest p / prior^τ.
///
/// With τ = 0 that is the most probable rating, which is right most often; with τ = 1 each rating is
/// compared with how common it is, so that rare ones are named too. In between, some accuracy is
/// given for ratings that would never be named otherwise.
struct RatingDecision: Codable, Hashable, Sendable {
  /// `[K]`: how common each rating is in the training rows; above 0.
  let priors: [Double]
  /// τ
  let tau: Double

  init(priors: [Double], tau: Double) {
    self.priors = priors
    self.tau = tau
  }

  /// The most probable rating.
  init(counts: [Int]) {
    priors = Self.priors(counts)
    tau = 0
  }

  /// `[K]`: shares of the rows, one more of each rating.
  private static func priors(_ counts: [Int]) -> [Double] {
    let total = Double(counts.reduce(0, +) + counts.count)
    return counts.map { Double($0 + 1) / total }
  }

  /// Whether the numbers are those of so many ratings.
  func isSound(classes: Int) -> Bool {
    priors.count == classes && priors.allSatisfy { $0 > 0 && $0 < 1 } && (0...1).contains(tau)
  }

  /// Chooses τ among 0, 0.05, … 1 such that 2 · accuracy + macro-F1 is largest on rows that the
  /// probabilities were not learned from; the smaller one among equals.
  ///
  /// Accuracy counts twice: macro-F1 changes little over a wide range of τ, and would be chased by
  /// chance.
  ///
  /// - Parameters:
  ///   - counts: `[K]`: the ratings of the training rows.
  ///   - probabilities: `[R, K]`
  ///   - classes: `[R]`
  init(counts: [Int], probabilities: [Float], classes: [Int]) {
    let priors = Self.priors(counts)
    var best = RatingDecision(priors: priors, tau: 0)
    var bestScore = -Double.infinity
    for step in 0...20 {
      let candidate = RatingDecision(priors: priors, tau: Double(step) / 20)
      let confusion = ConfusionMatrix(
        classCount: counts.count, actual: classes, predicted: candidate.classes(probabilities))
      let score = 2 * confusion.accuracy + confusion.macroF1
      if score > bestScore {
        best = candidate
        bestScore = score
      }
    }
    self = best
  }

  /// K
  var classCount: Int { priors.count }

  /// `[R]`: the class of each row; the lower one among equals.
  ///
  /// - Parameter probabilities: `[R, K]`
  func classes(_ probabilities: [Float]) -> [Int] {
    let scales = priors.map { power($0, -tau) }
    return stride(from: 0, to: probabilities.count, by: classCount).map { start in
      var best = 0
      for index in 1..<classCount {
        let score = Double(probabilities[start + index]) * scales[index]
        if score > Double(probabilities[start + best]) * scales[best] { best = index }
      }
      return best
    }
  }
}
