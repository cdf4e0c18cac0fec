import SluicePlatform
import SluiceTables

/// Makes one forecast of two, those of networks and of a simpler model beside them, and takes it no
/// more and no less at its word than rows allow that neither has learned from: p is in proportion to
/// (network^w · simpler^(1 − w))^(1 / T).
///
/// Where the simpler model adds nothing, w is 1; where the network does not, 0.
struct RatingBlend: Codable, Hashable, Sendable {
  /// w, in 0 … 1.
  let networkShare: Double
  let temperature: TemperatureScaling

  /// - Parameters:
  ///   - networkShare: In 0 … 1.
  ///   - temperature: Above 0.
  init(networkShare: Double, temperature: Double = 1) {
    self.networkShare = networkShare
    self.temperature = TemperatureScaling(temperature: temperature)
  }

  /// As many rows are as good as what is taken for likely before any are seen, w = 0.5 and T = 1:
  /// few rows say little.
  private static let rowsOfDoubt = 100.0

  /// Chooses w among the sixteenths from 0 to 1, and T, such that the log loss is least, the larger w
  /// among equals, and brings both nearer to one half and 1, by half where there are a hundred rows.
  ///
  /// - Parameters:
  ///   - network: `[R, K]`, of rows that it has not learned from.
  ///   - simpler: `[R, K]`, likewise.
  ///   - classes: `[R]`
  ///   - isAlone: Whether w is 1, and T alone is chosen.
  /// - Complexity: O(600 · R · K).
  init(
    network: [Float], simpler: [Float], classes: [Int], classCount: Int, isAlone: Bool = false
  ) {
    /// The best temperature beside a share.
    func fit(_ share: Double) -> (loss: Double, blend: RatingBlend) {
      let logits = Self.logits(network, simpler, share: share)
      let temperature = TemperatureScaling(
        fittedTo: logits, classCount: classCount, labels: classes)
      let blend = RatingBlend(networkShare: share, temperature: temperature.temperature)
      let probabilities = blend.probabilities(logits, classCount: classCount)
      let loss = ProbabilityMetrics.logLoss(
        probabilities: probabilities, classCount: classCount, actual: classes)
      return (loss, blend)
    }
    var best = (loss: Double.infinity, share: 1.0)
    func consider(_ share: Double) {
      guard (0...1).contains(share) else { return }
      let loss = fit(share).loss
      if loss < best.loss { best = (loss, share) }
    }
    // The loss is convex in w / T and (1 − w) / T, so that it falls and rises once over w.
    for quarters in (isAlone ? 4...4 : 0...4).reversed() { consider(Double(quarters) / 4) }
    for step in isAlone ? [] : [1.0 / 8, 1.0 / 16] {
      let middle = best.share
      consider(middle + step)
      consider(middle - step)
    }
    let trust = Double(classes.count) / (Double(classes.count) + Self.rowsOfDoubt)
    let share = isAlone ? 1 : 0.5 + (best.share - 0.5) * trust
    self.init(
      networkShare: share, temperature: power(fit(share).blend.temperature.temperature, trust))
  }

  /// `[R, K]`: the blended probabilities.
  func callAsFunction(network: [Float], simpler: [Float], classCount: Int) -> [Float] {
    probabilities(
      Self.logits(network, simpler, share: networkShare), classCount: classCount
    ).map { Float($0) }
  }

  /// Whether the numbers are those of a blend, as those of a file may not be.
  var isSound: Bool {
    (0...1).contains(networkShare) && temperature.temperature.isFinite
      && temperature.temperature > 0
  }

  /// Whether nothing is blended in.
  var isAlone: Bool { networkShare == 1 }

  /// For people: `blended by such rows: 0.65 network, 0.35 bag of words; temperature 1.1`.
  func note(simpler: String) -> String {
    let warmth = (temperature.temperature * 100).rounded() / 100
    return isAlone
      ? "calibrated by such rows: temperature \(warmth)"
      : "blended by such rows: \(Self.shares(networkShare, simpler: simpler)); temperature \(warmth)"
  }

  /// For people: `0.65 network, 0.35 bag of words`.
  static func shares(_ networkShare: Double, simpler: String) -> String {
    let hundredths = Int((networkShare * 100).rounded())
    func share(_ hundredths: Int) -> String {
      hundredths == 100 ? "1" : "0." + (hundredths < 10 ? "0" : "") + "\(hundredths)"
    }
    return "\(share(hundredths)) network, \(share(100 - hundredths)) \(simpler)"
  }

  private func probabilities(_ logits: [Double], classCount: Int) -> [Double] {
    stride(from: 0, to: logits.count, by: classCount).flatMap {
      temperature.probabilities(logits: logits[$0..<($0 + classCount)])
    }
  }

  /// Logarithms, up to a constant for each row.
  private static func logits(_ network: [Float], _ simpler: [Float], share: Double) -> [Double] {
    zip(network, simpler).map { own, other in
      share * logarithm(max(Double(own), 1e-7)) + (1 - share) * logarithm(max(Double(other), 1e-7))
    }
  }
}
