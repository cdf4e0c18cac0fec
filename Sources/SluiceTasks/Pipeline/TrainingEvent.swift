import SluiceNN
import SluiceTraining

/// What a training tells as it goes, for whoever shows it.
package enum TrainingEvent {
  /// What was read, in words.
  case data(String)
  /// What the user should know of the rows.
  case remark(Remark)
  /// The network, and how the device runs its recurrent layers, a line for each.
  case model(ModelSummary, strategies: [String])
  case progress(TrainingProgress)
  /// The validated model beside its baselines.
  case report(EvaluationReport)
  /// The same at several cuts in time.
  case backtest(Backtest)
}

/// What a run came to. The keys of `train --json`.
package struct RunResult: Encodable {
  package var run: String
  package var model: String
  package var device: String
  package var strategy: [String]
  package var epochs: Int
  package var steps: Int
  package var seconds: Double
  package var sequencesPerSecond: Double
  package var trainLoss: Double
  package var validation: EvaluationReport?
  /// The page of the run; nil where none was written.
  package var report: String?

  private enum CodingKeys: String, CodingKey {
    case run, model, device, strategy, epochs, steps, seconds, report
    case sequencesPerSecond = "sequences_per_s"
    case trainLoss = "train_loss"
    case validation
  }
}
