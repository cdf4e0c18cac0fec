import SluiceNN
import SluiceSettings
import SluiceTraining

/// The ready settings of the reviews task.
package enum ReviewRecipe: String, Codable, Hashable, Sendable, SettingChoice {
  /// Texts of words.
  case words
  /// Texts of words, by people who are known from other reviews.
  case people
  /// Texts in scripts without blanks between words: Chinese, Japanese.
  case characters
  /// Embedding(128) → LSTM(64) → one sigmoid unit.
  case sentiment
  /// Embedding(32) → Dropout(0.2) → LSTM(128) → Dropout(0.2) → LSTM(128) → one sigmoid unit.
  case deepSentiment = "deep_sentiment"
  /// LSTM(50) → LSTM(50) → one linear unit, over vectors of tokens that are not trained.
  case regression

  /// What it is for, in a few words.
  fileprivate var help: String {
    switch self {
    case .words: "texts of words"
    case .people: "texts of words, by people who are known from other reviews"
    case .characters: "texts in scripts without blanks between words"
    case .sentiment: "plain layers: LSTM(64), one sigmoid unit"
    case .deepSentiment: "plain layers: LSTM(128), LSTM(128), one sigmoid unit"
    case .regression: "plain layers: LSTM(50), LSTM(50), one linear unit"
    }
  }

  /// The recipe that fits some rows best.
  package init(for set: ReviewSet) {
    if set.texts.isMostlyIdeographs {
      self = .characters
    } else {
      self = set.columns.user == nil ? .words : .people
    }
  }

  /// Whether it is a plain stack of layers.
  var isPlain: Bool {
    switch self {
    case .words, .people, .characters: false
    case .sentiment, .deepSentiment, .regression: true
    }
  }

  /// Rows that the networks leave out together, at least: what is chosen by them would be chance.
  /// Where they are fewer, every row is left out by one of so many networks.
  private static let fewestLeftOut = 1000
  private static let fewRowsFolds = 5
  /// Optimizer steps that a network takes at least, if validation does not end it before: passes over
  /// few rows are short.
  private static let fewestSteps = 480
  /// Validations of a training by ``fewestSteps``, and how many without an improvement end it.
  private static let validations = 16
  private static let patience = 4

  /// The settings of the recipe for so many rows, and what is asked for over them: the fewer rows
  /// there are, the more often they are passed over, and validation says when it is enough. A plain
  /// stack has the same for any number.
  ///
  /// - Parameter asked: What file and flags make of settings. A number of epochs that is asked for
  ///   stands, and the shape of the training follows it.
  package func settings(
    rows: Int, asked: (ReviewsSettings) throws -> ReviewsSettings
  ) rethrows -> ReviewsSettings {
    var settings = settings
    guard !isPlain else { return try asked(settings) }
    var wanted = try asked(settings)
    let leftOut = wanted.members * rows / max(1, wanted.folds)
    if leftOut < Self.fewestLeftOut, wanted.members == settings.members,
      wanted.folds == settings.folds
    {
      settings.members = Self.fewRowsFolds
      settings.folds = Self.fewRowsFolds
      wanted = try asked(settings)
    }
    let learned = max(1, rows - rows / max(1, wanted.folds))
    let reviews = max(1, wanted.batchSize) * max(1, wanted.training.gradientAccumulation)
    let pass = (learned + reviews - 1) / reviews
    guard wanted.training.stepsPerEpoch == 0, pass * settings.training.epochs < Self.fewestSteps
    else { return wanted }
    settings.training.epochs = (Self.fewestSteps + pass - 1) / pass
    wanted = try asked(settings)
    let steps = pass * min(wanted.training.epochs, settings.training.epochs)
    settings.training.schedule = .cosine(warmup: max(1, steps / 10), final: 0.02)
    settings.training.validateEvery = max(1, steps / Self.validations)
    settings.training.earlyStopping?.patience = Self.patience
    return try asked(settings)
  }

  /// The settings of the recipe for so many rows.
  package func settings(rows: Int) -> ReviewsSettings { settings(rows: rows) { $0 } }

  /// The settings of the recipe for many rows.
  package var settings: ReviewsSettings {
    var settings = ReviewsSettings()
    settings.recipe = self
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
      settings.model.tokens = 128
      settings.model.dropout = 0.6
      settings.model.ordinal = 0.5
      settings.model.wide.scale = 3
    case .characters:
      training.epochs = 2
      training.learningRate = 2e-3
      settings.members = 2
      settings.folds = 12
      settings.batchSize = 128
      settings.model.tokens = 100
      settings.model.embedding = 64
      settings.model.minimumCount = 2
      settings.model.vocabulary = 6000
      settings.model.buckets = 0
      settings.model.pairs = 1 << 15
      settings.model.wide.order = 3
      settings.model.wide.maximum = 1 << 18
      settings.model.wide.learningRateScale = 4
      settings.model.wide.scale = 2
    case .sentiment:
      settings.model.stack = StackConfiguration([
        .embedding(size: 128), .lstm(64), .dense(units: 1, activation: .sigmoid),
      ])
      makePlain(&settings, &training)
    case .deepSentiment:
      settings.model.stack = StackConfiguration([
        .embedding(size: 32), .dropout(rate: 0.2), .lstm(128, sequences: true),
        .dropout(rate: 0.2), .lstm(128), .dense(units: 1, activation: .sigmoid),
      ])
      makePlain(&settings, &training)
    case .regression:
      settings.model.stack = StackConfiguration([
        .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .linear),
      ])
      makePlain(&settings, &training)
      training.earlyStopping?.metric = "rmse"
    }
    settings.training = training
    return settings
  }

  /// One network as most tutorials train it: Adam, nothing beside the stack.
  private func makePlain(
    _ settings: inout ReviewsSettings, _ training: inout TrainerConfiguration
  ) {
    settings.members = 1
    settings.model.tokens = 120
    settings.model.buckets = 0
    settings.model.wordDropout = 0
    settings.model.wide.order = 0
    settings.model.side.size = 0
    training.optimizer = .adam()
    training.learningRate = 2e-3
    training.weightDecay = 0
    training.epochs = 3
  }
}

extension ReviewsTask {
  package static var recipes: [TaskRecipe<ReviewsSettings>] {
    var open = ReviewRecipe.words.settings
    open.recipe = nil
    return [
      TaskRecipe(name: "auto", help: "words, people or characters, by the data", settings: open)
    ]
      + ReviewRecipe.allCases.map {
        TaskRecipe(name: $0.rawValue, help: $0.help, settings: $0.settings)
      }
  }
}
