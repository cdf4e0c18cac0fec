import SluiceNN
import SluiceTraining

/// The ready configurations of the reviews task.
package enum ReviewRecipe: String, Codable, Hashable, Sendable, CaseIterable {
  /// Texts of words.
  case words
  /// Texts of words, by people who are known from other reviews.
  case people
  /// Texts in scripts without blanks between words: Chinese, Japanese.
  case characters
  /// No texts: the rating that a user will give, from those that they gave.
  case history
  /// Embedding(128) → LSTM(64) → one sigmoid unit.
  case sentiment
  /// Embedding(32) → Dropout(0.2) → LSTM(128) → Dropout(0.2) → LSTM(128) → one sigmoid unit.
  case deepSentiment = "deep_sentiment"
  /// LSTM(50) → LSTM(50) → one linear unit, over vectors of tokens that are not trained.
  case regression

  /// The recipe that fits some rows best.
  package init(for set: ReviewSet) {
    if set.texts.isMostlyIdeographs {
      self = .characters
    } else {
      self = set.columns.user == nil ? .words : .people
    }
  }

  /// The settings of the recipe.
  ///
  /// - Parameter chosenByData: Whether the recipe is left open.
  package func configuration(chosenByData: Bool = false) -> ReviewsConfiguration {
    var configuration = ReviewsConfiguration()
    configuration.recipe = chosenByData ? nil : self
    var training = TrainerConfiguration()
    training.stepsPerEpoch = 0
    training.optimizer = .adamW()
    training.learningRate = 3e-3
    training.weightDecay = 0.01
    training.clipNorm = 1
    training.epochs = 4
    training.schedule = .cosine(warmup: 50, final: 0.02)
    training.weightAverage = WeightAverageConfiguration(decay: 0.99)
    training.earlyStopping = EarlyStoppingConfiguration(metric: "log_loss", patience: 2)
    training.checkpointEvery = 200
    switch self {
    case .words:
      break
    case .people:
      training.weightDecay = 0.05
      configuration.model.tokens = 128
      configuration.model.dropout = 0.6
      configuration.model.ordinal = 0.5
      configuration.model.wide.scale = 3
    case .characters:
      training.epochs = 2
      training.learningRate = 2e-3
      configuration.members = 2
      configuration.folds = 12
      configuration.batchSize = 128
      configuration.model.tokens = 100
      configuration.model.embedding = 64
      configuration.model.minimumCount = 2
      configuration.model.vocabulary = 6000
      configuration.model.buckets = 0
      configuration.model.pairs = 1 << 15
      configuration.model.wide.order = 3
      configuration.model.wide.maximum = 1 << 18
      configuration.model.wide.learningRateScale = 4
      configuration.model.wide.scale = 2
    case .history:
      configuration.mode = .history
      configuration.validation = 0.1
      configuration.batchSize = 32
      training.epochs = 12
      training.earlyStopping = EarlyStoppingConfiguration(metric: "log_loss", patience: 3)
    case .sentiment:
      configuration.model.stack = StackConfiguration([
        .embedding(size: 128), .lstm(64), .dense(units: 1, activation: .sigmoid),
      ])
      makePlain(&configuration, &training)
    case .deepSentiment:
      configuration.model.stack = StackConfiguration([
        .embedding(size: 32), .dropout(rate: 0.2), .lstm(128, sequences: true),
        .dropout(rate: 0.2), .lstm(128), .dense(units: 1, activation: .sigmoid),
      ])
      makePlain(&configuration, &training)
    case .regression:
      configuration.model.stack = StackConfiguration([
        .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .linear),
      ])
      makePlain(&configuration, &training)
      training.earlyStopping?.metric = "rmse"
    }
    configuration.training = training
    return configuration
  }

  /// One network as most tutorials train it: Adam, nothing beside the stack.
  private func makePlain(
    _ configuration: inout ReviewsConfiguration, _ training: inout TrainerConfiguration
  ) {
    configuration.members = 1
    configuration.model.tokens = 120
    configuration.model.buckets = 0
    configuration.model.wordDropout = 0
    configuration.model.wide.order = 0
    configuration.model.side.size = 0
    training.optimizer = .adam()
    training.learningRate = 2e-3
    training.weightDecay = 0
    training.epochs = 3
  }
}
