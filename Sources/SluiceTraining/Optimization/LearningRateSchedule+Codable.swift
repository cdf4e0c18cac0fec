import SluiceSettings

extension LearningRateSchedule: Codable, NamedChoices {
  package static var choices: String {
    Kind.allCases.map(\.rawValue).joined(separator: ", ") + ", or a block with such a `name`"
  }

  private enum Kind: String, Codable, CaseIterable {
    case constant, step, cosine
    case oneCycle = "one_cycle"
    case reduceOnPlateau = "reduce_on_plateau"
  }

  private enum Key: String, CodingKey {
    case name, every, factor, warmup, final, patience, minimum, metric, mode
    case warmupFraction = "warmup_fraction"
    case initialDivisor = "initial_divisor"
    case finalDivisor = "final_divisor"
  }

  public init(from decoder: any Decoder) throws {
    if let bare = try? decoder.singleValueContainer().decode(Kind.self) {
      self = Self.standard(bare)
      return
    }
    let values = try decoder.container(keyedBy: Key.self)
    func number(_ key: Key, _ standard: Double, _ range: ClosedRange<Double>) throws -> Double {
      try values.decode(key, standard, in: range)
    }
    let kind = try values.decode(Kind.self, forKey: .name)
    try decoder.refuseKeys(besides: Self.keys(of: kind))
    switch kind {
    case .constant:
      self = .constant
    case .step:
      self = .step(
        every: try values.decode(.every, 1000, in: 1...Int.max),
        factor: try number(.factor, 0.1, 0...1))
    case .cosine:
      self = .cosine(
        warmup: try values.decode(.warmup, 0, in: 0...Int.max),
        final: try number(.final, 0, 0...1))
    case .oneCycle:
      self = .oneCycle(
        warmupFraction: try number(.warmupFraction, 0.3, 0...1),
        initialDivisor: try number(.initialDivisor, 25, 1...1e9),
        finalDivisor: try number(.finalDivisor, 1e4, 1...1e9))
    case .reduceOnPlateau:
      self = .reduceOnPlateau(
        factor: try number(.factor, 0.1, 0...1),
        patience: try values.decode(.patience, 10, in: 0...Int.max),
        minimum: try number(.minimum, 0, 0...1),
        metric: try values.decodeIfPresent(String.self, forKey: .metric),
        mode: try values.decode(.mode, MetricMode.minimum))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .constant:
      try values.encode(Kind.constant, forKey: .name)
    case .step(let every, let factor):
      try values.encode(Kind.step, forKey: .name)
      try values.encode(every, forKey: .every)
      try values.encode(factor, forKey: .factor)
    case .cosine(let warmup, let final):
      try values.encode(Kind.cosine, forKey: .name)
      try values.encode(warmup, forKey: .warmup)
      try values.encode(final, forKey: .final)
    case .oneCycle(let warmupFraction, let initialDivisor, let finalDivisor):
      try values.encode(Kind.oneCycle, forKey: .name)
      try values.encode(warmupFraction, forKey: .warmupFraction)
      try values.encode(initialDivisor, forKey: .initialDivisor)
      try values.encode(finalDivisor, forKey: .finalDivisor)
    case .reduceOnPlateau(let factor, let patience, let minimum, let metric, let mode):
      try values.encode(Kind.reduceOnPlateau, forKey: .name)
      try values.encode(factor, forKey: .factor)
      try values.encode(patience, forKey: .patience)
      try values.encode(minimum, forKey: .minimum)
      try values.encode(metric, forKey: .metric)
      try values.encode(mode, forKey: .mode)
    }
  }

  private static func keys(of kind: Kind) -> [Key] {
    switch kind {
    case .constant: [.name]
    case .step: [.name, .every, .factor]
    case .cosine: [.name, .warmup, .final]
    case .oneCycle: [.name, .warmupFraction, .initialDivisor, .finalDivisor]
    case .reduceOnPlateau: [.name, .factor, .patience, .minimum, .metric, .mode]
    }
  }

  private static func standard(_ kind: Kind) -> LearningRateSchedule {
    switch kind {
    case .constant: .constant
    case .step: .step(every: 1000, factor: 0.1)
    case .cosine: .cosine(warmup: 0, final: 0)
    case .oneCycle: .oneCycle(warmupFraction: 0.3, initialDivisor: 25, finalDivisor: 1e4)
    case .reduceOnPlateau:
      .reduceOnPlateau(factor: 0.1, patience: 10, minimum: 0, metric: nil, mode: .minimum)
    }
  }
}
