import SluiceNN
import SluiceTraining

/// The ready configurations of the churn task.
package enum ChurnRecipe: String, CaseIterable, Sendable {
  /// An LSTM over the columns, both ways, pooled, beside the tokens themselves.
  case standard = "default"
  /// LSTM(50) → LSTM(50) → one sigmoid unit over the columns, trained by Adam.
  case stack

  package var configuration: ChurnConfiguration {
    var configuration = ChurnConfiguration.standard
    switch self {
    case .standard: break
    case .stack:
      configuration.model.stack = StackConfiguration([
        .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .sigmoid),
      ])
      configuration.model.labelSmoothing = 0
      configuration.training.optimizer = .adam()
      configuration.training.weightDecay = 0
    }
    return configuration
  }
}
