import SluiceCompute
import SluiceNN

/// When to stop early: `early_stopping: {metric: smape, mode: min, patience: 5}`.
public struct EarlyStoppingConfiguration: Codable, Hashable, Sendable {
  /// The validation metric that decides; the first one where nil.
  public var metric: String?
  /// Which way the metric gets better.
  public var mode: MetricMode
  /// Training ends once this many validations in a row have brought no improvement; at least 1.
  public var patience: Int
  /// The least change that counts as an improvement.
  public var minimumDelta: Double

  /// Each argument is the property of its name.
  public init(
    metric: String? = nil, mode: MetricMode = .minimum, patience: Int = 5, minimumDelta: Double = 0
  ) {
    self.metric = metric
    self.mode = mode
    self.patience = patience
    self.minimumDelta = minimumDelta
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case metric, mode, patience
    case minimumDelta = "minimum_delta"
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(besides: CodingKeys.allCases)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    metric = try values.decodeIfPresent(String.self, forKey: .metric)
    mode = try values.decode(.mode, MetricMode.minimum)
    patience = try values.decode(.patience, 5, in: 1...Int.max)
    minimumDelta = try values.decode(.minimumDelta, 0, in: 0...Double.greatestFiniteMagnitude)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    // Null too, so that a written configuration shows every key.
    try values.encode(metric, forKey: .metric)
    try values.encode(mode, forKey: .mode)
    try values.encode(patience, forKey: .patience)
    try values.encode(minimumDelta, forKey: .minimumDelta)
  }
}

/// What early stopping remembers; part of a checkpoint.
public struct EarlyStoppingState: Codable, Hashable, Sendable {
  /// The best value so far; nil before the first that is a number.
  public internal(set) var best: Double?
  /// How many steps had been done when it was reached.
  public internal(set) var bestStep = 0
  /// All metrics of that validation.
  public internal(set) var bestMetrics: [MetricValue] = []
  /// Validations in a row without an improvement.
  public internal(set) var badCount = 0

  /// Before the first validation.
  public init() {}
}

/// Watches a validation metric, keeps the best weights on the device and says when to stop.
public final class EarlyStopping {
  /// When to stop.
  public let configuration: EarlyStoppingConfiguration
  /// What it remembers.
  public internal(set) var state = EarlyStoppingState()
  /// The model with the best weights so far; nil before the first validation.
  public private(set) var best: ParameterArena?

  /// Before the first validation.
  public init(_ configuration: EarlyStoppingConfiguration) {
    self.configuration = configuration
  }

  /// Whether training should end now.
  public var shouldStop: Bool { state.badCount >= configuration.patience }

  /// Takes in a validation of `parameters` after `step` steps. A value that is not a number is no
  /// improvement.
  ///
  /// - Throws: ``TrainingError`` where the metric is not among `metrics`; `ComputeError`.
  public func observe(_ metrics: [MetricValue], step: Int, parameters: ParameterArena) throws {
    guard let value = try metrics.value(of: configuration.metric, for: "early_stopping") else {
      return
    }
    guard isBetter(value) else {
      state.badCount += 1
      return
    }
    state.best = value
    state.bestStep = step
    state.bestMetrics = metrics
    state.badCount = 0
    if let best {
      try best.backend.enqueue(Copy(parameters.weights, to: best.weights))
    } else {
      best = try parameters.copy()
    }
  }

  /// Goes on from a checkpoint.
  func restore(_ state: EarlyStoppingState, best: ParameterArena?) {
    self.state = state
    self.best = best
  }

  private func isBetter(_ value: Double) -> Bool {
    guard !value.isNaN else { return false }
    guard let best = state.best else { return true }
    switch configuration.mode {
    case .minimum: return value < best - configuration.minimumDelta
    case .maximum: return value > best + configuration.minimumDelta
    }
  }
}

/// A validation metric by name.
public struct MetricValue: Codable, Hashable, Sendable {
  /// For example `auc`.
  public var name: String
  /// As measured.
  public var value: Double

  /// Each argument is the property of its name.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

extension [MetricValue] {
  /// The value of the metric `name`, of the first one where nil; nil where there are none at all.
  ///
  /// - Throws: ``TrainingError`` where there are metrics, but none of that name.
  func value(of name: String?, for option: String) throws -> Double? {
    guard let first else { return nil }
    guard let name else { return first.value }
    if let found = self.first(where: { $0.name == name }) { return found.value }
    throw TrainingError(
      "\(option) watches the metric \"\(name)\", which is not among "
        + map(\.name).joined(separator: ", "),
      remedy: "Name one of these in \(option)")
  }
}
