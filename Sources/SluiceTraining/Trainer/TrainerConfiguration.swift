/// How a model is trained. In a configuration file its keys are in snake case, and each may be left
/// out.
public struct TrainerConfiguration: Codable, Hashable, Sendable {
  /// What to do once a loss or a gradient is not finite.
  public enum NonFiniteAction: String, Codable, Hashable, Sendable {
    /// End with an error that names the step, the parameter and the rows.
    case stop
    /// Go back to the last checkpoint with half the learning rate, three times at most.
    case rollback
  }

  /// Of dropout and batches.
  public var seed: UInt64 = 1
  /// Passes, or what `stepsPerEpoch` makes of them.
  public var epochs = 1
  /// Optimizer steps in an epoch. 0: as many as one pass over the rows takes, which the task settles
  /// before it trains.
  public var stepsPerEpoch = 100
  /// Multiplied by the schedule.
  public var learningRate = 1e-3
  /// How the learning rate changes.
  public var schedule = LearningRateSchedule.constant
  /// With its constants.
  public var optimizer = OptimizerConfiguration.adam()
  /// Of those parameters that decay.
  public var weightDecay = 0.0
  /// The global norm that gradients are clipped to; nil: not clipped.
  public var clipNorm: Double?
  /// Micro-batches whose gradients are averaged in each optimizer step. Their means count alike:
  /// the step is that of one large batch where all have the same weight of true elements.
  public var gradientAccumulation = 1
  /// Nil: weights are not averaged.
  public var weightAverage: WeightAverageConfiguration?
  /// Nil: all epochs are done.
  public var earlyStopping: EarlyStoppingConfiguration?
  /// Steps between validations; 0: one at the end of each epoch. There is always one at the end.
  public var validateEvery = 0
  /// Steps between checkpoints; 0: only at the end.
  public var checkpointEvery = 0
  /// How many checkpoints are kept.
  public var keepCheckpoints = 2
  /// Steps between rows of the metrics, and between waits for the device.
  public var logEvery = 10
  /// Once a loss or a gradient is not finite.
  public var onNaN = NonFiniteAction.stop

  /// The defaults.
  public init() {}

  /// Steps of the whole training.
  public var totalSteps: Int { epochs * stepsPerEpoch }

  /// The same with the length of an epoch settled, where it is one pass over the rows.
  ///
  /// - Parameter pass: Optimizer steps in a pass, at least 1.
  public func settled(stepsPerPass pass: Int) -> TrainerConfiguration {
    var settled = self
    if stepsPerEpoch == 0 { settled.stepsPerEpoch = max(1, pass) }
    return settled
  }

  private enum CodingKeys: String, CodingKey {
    case seed, epochs, schedule, optimizer
    case stepsPerEpoch = "steps_per_epoch"
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
    case clipNorm = "clip_norm"
    case gradientAccumulation = "gradient_accumulation"
    case weightAverage = "weight_average"
    case earlyStopping = "early_stopping"
    case validateEvery = "validate_every"
    case checkpointEvery = "checkpoint_every"
    case keepCheckpoints = "keep_checkpoints"
    case logEvery = "log_every"
    case onNaN = "on_nan"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
    epochs = try values.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
    stepsPerEpoch = try values.decodeIfPresent(Int.self, forKey: .stepsPerEpoch) ?? stepsPerEpoch
    learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
    schedule =
      try values.decodeIfPresent(LearningRateSchedule.self, forKey: .schedule) ?? schedule
    optimizer =
      try values.decodeIfPresent(OptimizerConfiguration.self, forKey: .optimizer) ?? optimizer
    weightDecay = try values.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    clipNorm = try values.decodeIfPresent(Double.self, forKey: .clipNorm)
    gradientAccumulation =
      try values.decodeIfPresent(Int.self, forKey: .gradientAccumulation) ?? gradientAccumulation
    weightAverage = try values.decodeIfPresent(
      WeightAverageConfiguration.self, forKey: .weightAverage)
    earlyStopping = try values.decodeIfPresent(
      EarlyStoppingConfiguration.self, forKey: .earlyStopping)
    validateEvery = try values.decodeIfPresent(Int.self, forKey: .validateEvery) ?? validateEvery
    checkpointEvery =
      try values.decodeIfPresent(Int.self, forKey: .checkpointEvery) ?? checkpointEvery
    keepCheckpoints =
      try values.decodeIfPresent(Int.self, forKey: .keepCheckpoints) ?? keepCheckpoints
    logEvery = try values.decodeIfPresent(Int.self, forKey: .logEvery) ?? logEvery
    onNaN = try values.decodeIfPresent(NonFiniteAction.self, forKey: .onNaN) ?? onNaN
    if let (key, text) = firstViolation {
      throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: text)
    }
  }

  /// Refuses numbers that make no sense, however they came here.
  ///
  /// - Throws: ``TrainingError`` naming the setting and what it may be.
  public func validate() throws {
    guard let (key, text) = firstViolation else { return }
    throw TrainingError("`training.\(key.rawValue)` \(text)", remedy: "")
  }

  /// The first number that is out of its range.
  private var firstViolation: (key: CodingKeys, text: String)? {
    let whole: [(CodingKeys, Int, ClosedRange<Int>)] = [
      (.epochs, epochs, 1...1_000_000), (.stepsPerEpoch, stepsPerEpoch, 0...1_000_000),
      (.gradientAccumulation, gradientAccumulation, 1...1024),
      (.validateEvery, validateEvery, 0...1_000_000_000),
      (.checkpointEvery, checkpointEvery, 0...1_000_000_000),
      (.keepCheckpoints, keepCheckpoints, 1...1_000_000), (.logEvery, logEvery, 1...100_000),
    ]
    for (key, value, range) in whole where !range.contains(value) {
      return (key, "is \(value), it takes \(range.lowerBound) to \(range.upperBound)")
    }
    let real: [(CodingKeys, Double, ClosedRange<Double>)] = [
      (.learningRate, learningRate, 0...1e6), (.weightDecay, weightDecay, 0...1e6),
      (.clipNorm, clipNorm ?? 1, Double.leastNormalMagnitude...1e30),
    ]
    for (key, value, range) in real where !range.contains(value) {
      let least = key == .clipNorm ? "a number above 0" : "0 to 1,000,000"
      return (key, "is \(value), it takes \(least)")
    }
    return nil
  }

  /// Settings without a value are written as nulls, so that a configuration shows every key it has.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(epochs, forKey: .epochs)
    try values.encode(stepsPerEpoch, forKey: .stepsPerEpoch)
    try values.encode(learningRate, forKey: .learningRate)
    try values.encode(schedule, forKey: .schedule)
    try values.encode(optimizer, forKey: .optimizer)
    try values.encode(weightDecay, forKey: .weightDecay)
    try values.encode(clipNorm, forKey: .clipNorm)
    try values.encode(gradientAccumulation, forKey: .gradientAccumulation)
    try values.encode(weightAverage, forKey: .weightAverage)
    try values.encode(earlyStopping, forKey: .earlyStopping)
    try values.encode(validateEvery, forKey: .validateEvery)
    try values.encode(checkpointEvery, forKey: .checkpointEvery)
    try values.encode(keepCheckpoints, forKey: .keepCheckpoints)
    try values.encode(logEvery, forKey: .logEvery)
    try values.encode(onNaN, forKey: .onNaN)
  }
}
