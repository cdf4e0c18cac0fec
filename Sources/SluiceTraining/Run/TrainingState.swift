/// Everything that a training needs to go on to the bit, besides its tensors: `state.json`.
public struct TrainingState: Codable, Hashable, Sendable {
  /// Which training of the run this is, such as `validate` or `refit`.
  public var phase: String
  /// Optimizer steps done in this phase.
  public var step = 0
  /// Steps done in the phases before.
  public var firstGlobalStep: Int
  /// Whether the phase has ended: nothing is left to do but use its weights.
  public var isComplete = false
  /// Of dropout and batches.
  public var seed: UInt64
  /// Tells the data of the run from others.
  public var dataFingerprint: String
  /// What the caller keeps with the run.
  public var taskState: [String: String] = [:]

  /// Multiplies the learning rate; halved by every rollback.
  public internal(set) var learningRateScale = 1.0
  /// How often the training went back to a checkpoint after a loss or gradient that was not finite.
  public internal(set) var rollbacks = 0
  /// Of the schedule that looks for a plateau.
  public internal(set) var plateau = PlateauState()
  /// Nil where nothing stops early.
  public internal(set) var earlyStopping: EarlyStoppingState?
  /// The losses since the last row of the metrics.
  var interval = LossAccumulator()
  /// The losses since the last validation.
  var sinceValidation = LossAccumulator()
  /// The mean training loss between the last two validations; nil before the first.
  public internal(set) var trainingLoss: Double?
  /// The mean training loss of the last row of the metrics; nil before the first.
  public internal(set) var lastLoss: Double?
  /// The learning rate of the last step.
  public internal(set) var lastLearningRate = 0.0
  /// The metrics of the last validation.
  public internal(set) var validation: [MetricValue] = []
  /// Rows of `metrics.csv`, its header left out.
  public internal(set) var metricsRows = 0
  /// Time spent so far in this phase.
  public internal(set) var seconds = 0.0

  /// At the start of a phase.
  public init(phase: String, firstGlobalStep: Int, seed: UInt64, dataFingerprint: String) {
    self.phase = phase
    self.firstGlobalStep = firstGlobalStep
    self.seed = seed
    self.dataFingerprint = dataFingerprint
  }

  /// Steps done in the whole run; the number in the checkpoint's name.
  public var globalStep: Int { firstGlobalStep + step }

  /// Whether the numbers are such as a training has, as those of a file may not be.
  var isSound: Bool {
    let counts = [
      step, firstGlobalStep, rollbacks, metricsRows, interval.steps, sinceValidation.steps,
      plateau.badCount, earlyStopping?.badCount ?? 0, earlyStopping?.bestStep ?? 0,
    ]
    return counts.allSatisfy { (0...1 << 48).contains($0) } && (0...1e12).contains(seconds)
      && (0...1).contains(learningRateScale) && plateau.factor >= 0 && plateau.factor.isFinite
  }
}

/// A mean loss and a mean gradient norm in the making, in Double.
struct LossAccumulator: Codable, Hashable, Sendable {
  private(set) var lossSum = 0.0
  private(set) var weight = 0.0
  private(set) var normSum = 0.0
  private(set) var steps = 0

  /// Adds the losses of one step's batches, `[Σ weight · loss, Σ weight]` each, and its norm.
  mutating func add(losses: [(sum: Float, weight: Float)], norm: Double) {
    for loss in losses {
      lossSum += Double(loss.sum)
      weight += Double(loss.weight)
    }
    normSum += norm
    steps += 1
  }

  /// The mean over true elements; nil where there was none.
  var loss: Double? { weight > 0 ? lossSum / weight : nil }

  /// The mean over the steps.
  var gradientNorm: Double? { steps > 0 ? normSum / Double(steps) : nil }
}
