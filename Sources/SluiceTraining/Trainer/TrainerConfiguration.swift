import SluiceCompute
import SluicePlatform
import SluiceSettings

/// How a model is trained: the block `training` of a configuration.
public struct TrainerConfiguration: SettingsBlock {
  /// What to do once a loss or a gradient is not finite.
  public enum NonFiniteAction: String, Codable, Hashable, Sendable, CaseIterable {
    /// End with an error that names the step, the parameter and the rows.
    case stop
    /// Go back to the last checkpoint with half the learning rate, three times at most.
    case rollback
  }

  /// Of weights, dropout and batches.
  @Setting("The same seed gives the same model, bit for bit.", flag: "seed")
  public var seed: UInt64 = 1
  /// Passes over the rows, or rounds of ``stepsPerEpoch`` steps.
  @Setting(
    "How long to train, in passes over the rows, or in rounds of steps_per_epoch steps.",
    in: 1...1_000_000, flag: "epochs")
  public var epochs = 1
  /// Optimizer steps; 0 for one pass, see ``settled(stepsPerPass:)``.
  @Setting(
    "Optimizer steps in an epoch. 0: as many as one pass over the rows takes.", in: 0...1_000_000)
  public var stepsPerEpoch = 100
  /// Multiplied by the schedule.
  @Setting("The highest learning rate of the schedule.", in: 0...1e6, flag: "learning-rate")
  public var learningRate = 1e-3
  /// How the learning rate changes.
  @Setting(
    "How the learning rate changes: constant, step, cosine, one_cycle, reduce_on_plateau, with its "
      + "numbers.")
  public var schedule = LearningRateSchedule.constant
  /// The rule, with its constants.
  @Setting("The rule by which gradients change weights, with its numbers.")
  public var optimizer = OptimizerConfiguration.adam()
  /// Of those parameters that decay.
  @Setting("How much weights decay, those that do.", in: 0...1e6)
  public var weightDecay = 0.0
  /// The global norm that gradients are clipped to; nil: not clipped.
  @Setting(
    "The global norm that gradients are clipped to; null: not clipped.",
    in: Double.leastNormalMagnitude...1e30)
  public var clipNorm: Double? = nil
  /// Micro-batches of an optimizer step, whose gradients are averaged.
  @Setting(
    "Micro-batches whose gradients are averaged in each optimizer step. Their means count alike: the "
      + "step is that of one large batch where all have the same weight of true elements.",
    in: 1...1024)
  public var gradientAccumulation = 1
  /// Nil: weights are not averaged.
  @Setting("An exponential moving average of the weights, {decay, warmup}; null: none.")
  public var weightAverage: WeightAverageConfiguration? = nil
  /// Nil: all epochs are done.
  @Setting(
    "Ends the training where a metric gets no better, {metric, mode, patience, minimum_delta}; null: "
      + "never.")
  public var earlyStopping: EarlyStoppingConfiguration? = nil
  /// In steps; 0: at the end of each epoch.
  @Setting(
    "Steps between validations; 0: one at the end of each epoch. There is always one at the end.",
    in: 0...1_000_000_000)
  public var validateEvery = 0
  /// In steps; 0: only at the end.
  @Setting("Steps between checkpoints; 0: only at the end.", in: 0...1_000_000_000)
  public var checkpointEvery = 0
  /// The newest ones.
  @Setting("How many checkpoints are kept.", in: 1...1_000_000)
  public var keepCheckpoints = 2
  /// In steps; the device is waited for as often.
  @Setting(
    "Steps between rows of the metrics, and between waits for the device.", in: 1...100_000)
  public var logEvery = 10
  /// What a loss or a gradient that is not finite brings about.
  @Setting(
    "Once a loss or a gradient is not finite: stop, or go back to the last checkpoint with half the "
      + "learning rate.", key: "on_nan")
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
}

extension TrainerConfiguration.NonFiniteAction: SettingChoice {}
