import Foundation

/// How the learning rate changes over the steps of a training: a factor on the configured rate.
///
/// In a configuration it is its name, or its name and its fields:
/// `schedule: {name: cosine, warmup: 30, final: 0}`.
public enum LearningRateSchedule: Hashable, Sendable {
  /// 1 throughout.
  case constant
  /// `factor` to the power of ⌊step / every⌋; `every` counts optimizer steps.
  case step(every: Int, factor: Double)
  /// min(1, (i + 1) / warmup) · (f + (1 − f) · ½(1 + cos(π·i / total))) at step i, with
  /// f = `final`.
  /// `warmup` counts steps, 0 for none.
  ///
  /// - SeeAlso: Loshchilov & Hutter, "SGDR", 2017.
  case cosine(warmup: Int, final: Double)
  /// From 1 / `initialDivisor` up to 1 over the first `warmupFraction` of the steps, then down to
  /// 1 / (`initialDivisor` · `finalDivisor`), both along a half cosine. As PyTorch's `OneCycleLR`
  /// with the configured rate as `max_lr`; momentum is left alone.
  ///
  /// - SeeAlso: Smith & Topin, "Super-convergence", 2018.
  case oneCycle(warmupFraction: Double, initialDivisor: Double, finalDivisor: Double)
  /// Multiplied by `factor` once more than `patience` observations in a row bring no improvement of
  /// relative 1e-4, but not below `minimum`. Observed is `metric`, or
  /// the first validation metric where nil, or, where nothing is validated, the training loss of
  /// each epoch. As PyTorch's `ReduceLROnPlateau`.
  case reduceOnPlateau(
    factor: Double, patience: Int, minimum: Double, metric: String?, mode: MetricMode)

  /// The factor at optimizer step `step` (from 0) of `total`.
  public func factor(step: Int, of total: Int, plateau: PlateauState) -> Double {
    switch self {
    case .constant:
      return 1
    case .step(let every, let factor):
      return pow(factor, Double(step / max(1, every)))
    case .cosine(let warmup, let final):
      let ramp = warmup > 0 ? min(1, Double(step + 1) / Double(warmup)) : 1
      let decay = 0.5 * (1 + cos(Double.pi * Double(step) / Double(max(1, total))))
      return ramp * (final + (1 - final) * decay)
    case .oneCycle(let warmupFraction, let initialDivisor, let finalDivisor):
      let start = 1 / initialDivisor
      let peak = warmupFraction * Double(total) - 1
      let last = Double(total) - 1
      let position = Double(step)
      if position <= peak { return Self.halfCosine(from: start, to: 1, peak, position) }
      let end = start / finalDivisor
      return Self.halfCosine(from: 1, to: end, last - peak, min(position, last) - peak)
    case .reduceOnPlateau:
      return plateau.factor
    }
  }

  private static func halfCosine(
    from start: Double, to end: Double, _ length: Double, _ position: Double
  ) -> Double {
    let share = length > 0 ? position / length : 1
    return end + (start - end) / 2 * (cos(Double.pi * share) + 1)
  }
}

/// Which way a metric gets better.
public enum MetricMode: String, Codable, Hashable, Sendable, CaseIterable {
  /// The less, the better.
  case minimum = "min"
  /// The more, the better.
  case maximum = "max"
}

/// What ``LearningRateSchedule/reduceOnPlateau(factor:patience:minimum:metric:mode:)`` remembers;
/// part of a checkpoint.
public struct PlateauState: Codable, Hashable, Sendable {
  /// The factor now.
  public private(set) var factor = 1.0
  /// The best value so far; nil before the first.
  public private(set) var best: Double?
  /// Observations in a row without an improvement.
  public private(set) var badCount = 0

  /// Before the first observation.
  public init() {}

  /// Takes in a value of the observed metric; does nothing under another schedule.
  public mutating func observe(_ value: Double, under schedule: LearningRateSchedule) {
    guard case .reduceOnPlateau(let factor, let patience, let minimum, _, let mode) = schedule
    else { return }
    if isBetter(value, mode) {
      best = value
      badCount = 0
      return
    }
    badCount += 1
    if badCount > patience {
      self.factor = min(self.factor, max(self.factor * factor, minimum))
      badCount = 0
    }
  }

  private func isBetter(_ value: Double, _ mode: MetricMode) -> Bool {
    guard let best else { return !value.isNaN }
    let threshold = 1e-4
    switch mode {
    case .minimum: return value < best * (1 - threshold)
    case .maximum: return value > best * (1 + threshold)
    }
  }
}
