import SluiceNN
import SluiceTraining

/// Everything that decides what a sales run does. What `config.yaml` holds.
package struct SalesConfiguration: Codable, Hashable, Sendable {
  /// Always `sales`.
  package var task = "sales"
  package var data = SalesData()
  /// Steps to forecast. Nil: 90 days, a week for steps below a day, 13 weeks, 12 months.
  package var horizon: Int?
  /// Steps held out at the end of the data to report on. Nil: one horizon. 0: none.
  package var validation: Int?
  /// Whether the final model is trained on all rows after the report.
  package var refit = true
  /// Windows per optimizer step and micro-batch.
  package var batchSize = 128
  package var model: SalesModelConfiguration
  package var training: TrainerConfiguration

  enum CodingKeys: String, CodingKey {
    case task, data, horizon, validation, refit
    case batchSize = "batch_size"
    case model, training
  }

  // What a configuration that has been settled by `resolved(for:)` holds.

  /// Steps to forecast.
  package var horizonSteps: Int { horizon ?? 90 }
  /// Steps of the past that the encoder reads.
  package var historySteps: Int { model.history ?? 28 }
  /// Steps that are held out.
  package var heldOutSteps: Int { validation ?? horizonSteps }
  /// The steps that a series must have: one window, and what is held out.
  package var neededSteps: Int { historySteps + horizonSteps + heldOutSteps }
}

/// Where the rows are and what their columns mean.
package struct SalesData: Codable, Hashable, Sendable {
  /// The CSV file. Nil: a sample generated from the seed.
  package var path: String?
  /// The column of dates. Nil: found by its name.
  package var date: String?
  /// The columns that tell one series from another. Nil: found by their names. Empty: one series.
  package var series: [String]?
  /// The column to forecast. Nil: found by its name.
  package var target: String?
  /// Columns known ahead of time, such as promotions or prices.
  package var covariates: [String] = []
  /// What to do where a series lacks a date.
  package var gaps: GapPolicy = .error

  enum CodingKeys: String, CodingKey {
    case path, date, series, target, covariates, gaps
  }
}

/// The network and what its inputs are made of.
package struct SalesModelConfiguration: Codable, Hashable, Sendable {
  /// Steps of the past that the encoder reads. Nil: 28 days, a week for steps below a day, half a
  /// year for weeks, two years for months.
  package var history: Int?
  /// H of encoder and decoder.
  package var hidden = 64
  package var layers = 1
  /// On the decoder's outputs, and between layers.
  package var dropout: Double = 0.1
  /// Units of the head's hidden layer.
  package var head = 32
  /// Ascending, with 0.5 among them; the first and last bound the interval that is reported.
  package var quantiles: [Double] = [0.1, 0.5, 0.9]
  /// Whether series means and calendar effects are fitted and taken away first.
  package var decomposition = true
  /// Days whose mean residual over all series, the level, is taken away from past and future, so
  /// that growth is carried forward. 0: no level is taken away.
  package var levelDays = 91
  /// Whether the network is told which series it looks at.
  package var statics = true
  /// Units that the series' embeddings and mean are mixed into.
  package var staticSize = 16
  /// The share of windows whose series is hidden in training, so that new series can be forecast.
  package var unknownRate: Double = 0.05
  /// Scales the encoder's view of the residual.
  package var inputScale: Double = 3
  /// Sine and cosine pairs over the year.
  package var harmonics = 2
  /// A plain stack of layers in place of encoder and decoder: it reads the history and ends in one
  /// linear unit, the next step; what lies further ahead is forecast from its own forecasts. Empty:
  /// none.
  package var stack = StackConfiguration()

  enum CodingKeys: String, CodingKey {
    case history, hidden, layers, dropout, head, quantiles, decomposition
    case levelDays = "level_days"
    case statics
    case staticSize = "static_size"
    case unknownRate = "unknown_rate"
    case inputScale = "input_scale"
    case harmonics, stack
  }
}

// Settings without a value are written as nulls, so that a configuration shows every key it has.

extension SalesConfiguration {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(data, forKey: .data)
    try container.encode(horizon, forKey: .horizon)
    try container.encode(validation, forKey: .validation)
    try container.encode(refit, forKey: .refit)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(model, forKey: .model)
    try container.encode(training, forKey: .training)
  }
}

extension SalesData {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(date, forKey: .date)
    try container.encode(series, forKey: .series)
    try container.encode(target, forKey: .target)
    try container.encode(covariates, forKey: .covariates)
    try container.encode(gaps, forKey: .gaps)
  }
}

extension SalesModelConfiguration {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(history, forKey: .history)
    try container.encode(hidden, forKey: .hidden)
    try container.encode(layers, forKey: .layers)
    try container.encode(dropout, forKey: .dropout)
    try container.encode(head, forKey: .head)
    try container.encode(quantiles, forKey: .quantiles)
    try container.encode(decomposition, forKey: .decomposition)
    try container.encode(levelDays, forKey: .levelDays)
    try container.encode(statics, forKey: .statics)
    try container.encode(staticSize, forKey: .staticSize)
    try container.encode(unknownRate, forKey: .unknownRate)
    try container.encode(inputScale, forKey: .inputScale)
    try container.encode(harmonics, forKey: .harmonics)
    try container.encode(stack, forKey: .stack)
  }
}

/// The ready configurations.
package enum SalesRecipe: String, CaseIterable, Sendable {
  /// Decomposition first; the LSTM forecasts what it leaves.
  case standard = "default"
  /// Nothing but the past: the LSTM finds the level of each series by itself.
  case history
  /// LSTM(50) → LSTM(50) → Dense(1), trained on squared errors by Adam: the next step from the past,
  /// as the plainest of forecasters has it.
  case stack

  package var configuration: SalesConfiguration {
    var training = TrainerConfiguration()
    training.learningRate = 3e-3
    training.stepsPerEpoch = 50
    training.weightDecay = 1e-4
    training.clipNorm = 1
    training.optimizer = .adamW()
    training.checkpointEvery = 25
    var model = SalesModelConfiguration()
    switch self {
    case .standard:
      training.epochs = 6
    case .history:
      training.epochs = 16
      model.history = 91
      model.decomposition = false
      model.levelDays = 0
      model.statics = false
      model.unknownRate = 0
      model.inputScale = 1
      model.dropout = 0
    case .stack:
      training.epochs = 6
      training.optimizer = .adam()
      training.weightDecay = 0
      model.inputScale = 1
      model.stack = StackConfiguration([
        .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .linear),
      ])
    }
    training.schedule = .cosine(warmup: 30, final: 0)
    return SalesConfiguration(model: model, training: training)
  }
}

extension SalesConfiguration: TaskConfiguration {
  package static var taskName: String { "sales" }
  package static var standard: SalesConfiguration { SalesRecipe.standard.configuration }

  package var dataPath: String? {
    get { data.path }
    set { data.path = newValue }
  }

  package var hiddenSize: Int {
    get { model.hidden }
    set { model.hidden = newValue }
  }

  package var layerCount: Int {
    get { model.layers }
    set { model.layers = newValue }
  }

  package var plainStack: StackConfiguration { model.stack }
}
