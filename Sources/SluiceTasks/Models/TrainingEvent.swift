import SluiceNN
import SluiceTraining

/// What a training tells as it goes, for whoever shows it.
public enum TrainingEvent {
  /// What was read, in words.
  case data(String)
  /// The network, and how the device runs its recurrent layers, a line for each.
  case model(ModelSummary, strategies: [String])
  case progress(TrainingProgress)
  /// The validated model beside its baselines.
  case report(EvaluationReport)
}

/// What a run came to. The keys of `train --json`.
public struct RunResult: Encodable {
  public var run: String
  public var model: String
  public var device: String
  public var strategy: [String]
  public var epochs: Int
  public var steps: Int
  public var seconds: Double
  public var sequencesPerSecond: Double
  public var trainLoss: Double
  public var validation: EvaluationReport?

  private enum CodingKeys: String, CodingKey {
    case run, model, device, strategy, epochs, steps, seconds
    case sequencesPerSecond = "sequences_per_s"
    case trainLoss = "train_loss"
    case validation
  }
}
