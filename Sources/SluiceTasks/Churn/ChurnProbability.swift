import SluicePlatform
import SluiceTables

/// From the logits of an ensemble's members to an honest probability.
struct ChurnProbability {
  var calibration: TemperatureScaling
  /// Who is gone counted for this many in training, which moved the logits by its logarithm.
  var positiveWeight: Double

  /// The log-odds of the members' mean probability, before calibration.
  ///
  /// - Parameter logits: `[members][N]`
  static func pooledLogits(_ logits: [[Double]], positiveWeight: Double) -> [Double] {
    guard let count = logits.first?.count else { return [] }
    let shift = logarithm(positiveWeight)
    return (0..<count).map { row in
      let sum = logits.reduce(0) { $0 + Logit.probability($1[row] - shift) }
      return Logit.of(sum / Double(logits.count))
    }
  }

  /// `[N]`
  func probabilities(_ logits: [[Double]]) -> [Double] {
    Self.pooledLogits(logits, positiveWeight: positiveWeight).map {
      calibration.probability(logit: $0)
    }
  }
}
