import SluicePlatform
import SluiceSettings

/// How much rare ratings count in training.
package enum ClassWeight: String, Codable, Hashable, Sendable, SettingChoice {
  /// As often as they come.
  case none
  /// Every rating as much as the others.
  case balanced
  /// In between: by the square root.
  case sqrt

  /// `[K]`: the weights, whose mean over the rows is 1.
  func weights(counts: [Int]) -> [Float]? {
    let power: Double
    switch self {
    case .none: return nil
    case .balanced: power = 1
    case .sqrt: power = 0.5
    }
    let total = Double(counts.reduce(0, +))
    let raw = counts.map { $0 == 0 ? 0 : Self.power(total / Double($0), power) }
    let mean = zip(raw, counts).reduce(0) { $0 + $1.0 * Double($1.1) } / max(total, 1)
    return raw.map { Float($0 / max(mean, .leastNormalMagnitude)) }
  }

  private static func power(_ value: Double, _ power: Double) -> Double {
    power == 1 ? value : value.squareRoot()
  }
}
