import SluiceNN
import SluicePlatform

/// How far a training is, for a bar or a line of progress.
public struct TrainingProgress: Sendable {
  /// `validate`, `refit`: its name in metrics and checkpoints.
  public var phase: String
  /// Which phase of the run it is, from 1.
  public var phaseNumber = 1
  /// How many phases the run has.
  public var phaseCount = 1
  /// From 1.
  public var epoch: Int
  /// Epochs of this phase.
  public var epochs: Int
  /// Steps done in this phase.
  public var step: Int
  /// Steps of this phase.
  public var totalSteps: Int
  /// Of the last step.
  public var learningRate: Double
  /// The mean training loss of the last logging interval; nil before the first.
  public var loss: Double?
  /// Of the last logging interval, or since the start before the first.
  public var sequencesPerSecond: Double
  /// The mean of this phase.
  public var secondsPerStep: Double
  /// Until the end of the run, where phases end as early as those before them did.
  public var runSecondsLeft: Double
  /// The metrics of the last validation.
  public var validation: [MetricValue]

  /// Until the end of this phase, if it does all its steps.
  public var secondsLeft: Double { Double(totalSteps - step) * secondsPerStep }
}

/// What a training came to.
public struct TrainingOutcome {
  /// Why it ended.
  public enum End: String, Hashable, Sendable {
    /// All steps were done.
    case finished
    /// Early stopping ended it.
    case stoppedEarly
    /// It was asked to stop; there is a checkpoint to resume from.
    case interrupted
  }

  /// Why it ended.
  public var end: End
  /// The weights to use: the best of early stopping, or else the averaged ones, or else the last.
  public var parameters: ParameterArena
  /// The steps after which ``parameters`` were reached.
  public var bestStep: Int
  /// Steps done in this phase.
  public var steps: Int
  /// Time spent in this phase, earlier sessions included.
  public var seconds: Double
  /// Over the whole phase, validations included.
  public var sequencesPerSecond: Double
  /// The mean training loss since the last validation but one; nil before the first.
  public var trainingLoss: Double?
  /// The validation metrics of ``parameters``.
  public var validation: [MetricValue]
}

/// Why a training cannot go on.
public struct TrainingError: SluiceError {
  /// What went wrong.
  public let what: String
  /// What to do about it.
  public let remedy: String
  /// The step (from 0) whose loss or gradient was not finite.
  public var step: Int?
  /// The parameters whose gradients were not finite.
  public var parameters: [String] = []

  /// Each argument is the property of its name.
  public init(_ what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }
}
