import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTables
import SluiceTraining

/// Everything that decides what a sales run does.
package struct SalesSettings: TaskSettings {
  @Setting("Always sales.") package var task = "sales"
  package var data = SalesData()
  @Setting(
    "Steps to forecast. (default: 90 days, 13 weeks or 12 months; of shorter steps 7 days, or the "
      + "longest usual time with at most 336 steps; 12 numbered steps)",
    in: 1...10_000, flag: "horizon")
  package var horizon: Int? = nil
  @Setting(
    "Steps at the end to hold out and report on; 0 for none. (default: one horizon)",
    in: 0...1_000_000, flag: "validation")
  package var validation: Int? = nil
  @Setting(
    "Cuts in time to report on: a model is trained anew before each, which takes as many times as long, "
      + "and scored on the `validation` steps behind it, where the next cut is. The last is the usual one.",
    in: 1...100, flag: "folds", isAddition: true)
  package var folds = 1
  @Setting(CommonSettings.refit, flag: "no-refit", flagHelp: CommonSettings.noRefit)
  package var refit = true
  @Setting(
    "Windows that each optimizer step learns from; 0: as many as the data asks for.",
    in: 0...1 << 20, flag: "batch-size")
  package var batchSize = 128
  package var model = SalesModelSettings()
  package var training = TrainerConfiguration()

  package init() {}

  // What settings that have been settled by the rows hold.

  /// Steps to forecast.
  package var horizonSteps: Int { horizon ?? 90 }
  /// Steps of the past that the encoder reads.
  package var historySteps: Int { model.history ?? 28 }
  /// Steps that are held out.
  package var heldOutSteps: Int { validation ?? horizonSteps }
  /// The steps that a series must have: one window, and what is held out.
  package var neededSteps: Int {
    (model.mixture ? min(historySteps, Self.leastMixturePast) : historySteps) + horizonSteps
      + heldOutSteps
  }

  /// Steps of a past that a mixture can forecast from.
  static let leastMixturePast = 8

  package var dataPath: String? {
    get { data.path }
    set { data.path = newValue }
  }

  package var cell: RecurrentCell { model.cell }

  package mutating func use(_ cell: RecurrentCell) {
    model.cell = cell
    model.stack = model.stack.with(cell)
  }

  package var plainStack: StackConfiguration { model.stack }

  package var networkCount: Int { model.mixture ? model.members : 1 }
  package var trainingCount: Int {
    networkCount + (model.calibrationNetwork && !model.mixture ? 1 : 0)
  }
  package var isEnsemble: Bool { networkCount > 1 }

  /// The same with what it leaves open settled from the data: the columns that were found, horizon
  /// and history by the length of a step.
  func settled(for set: SeriesSet) -> SalesSettings {
    var settled = self
    settled.data.date = set.columns.date
    settled.data.series = set.columns.series
    settled.data.target = set.columns.target
    settled.horizon = horizon ?? set.grid.standardHorizon
    settled.validation = validation ?? settled.horizon
    let cut = max(1, set.stepCount - settled.heldOutSteps)
    let length = max(1, set.medianLength(until: cut))
    let seasons = SeasonLengths(set, cut: cut, horizon: settled.horizonSteps)
    settled.model.history =
      model.history
      ?? (model.mixture ? seasons.history(length: length) : set.grid.standardHistory)
    if batchSize == 0 {
      let sampler = MixtureSampler(
        set.firstStep, seasons: seasons, end: cut, horizon: settled.horizonSteps)
      settled.batchSize =
        model.mixture
        ? sampler.batchSize(windowSteps: settled.historySteps + settled.horizonSteps) : 128
    }
    return settled
  }

  package func check() throws {
    guard training.stepsPerEpoch > 0 || model.mixture else {
      throw SettingError(
        "training.steps_per_epoch",
        "is 0, it takes 1 or more: sales draws windows at random, so there is no end of a pass over "
          + "them")
    }
    for (name, isGiven) in [
      ("early_stopping", training.earlyStopping != nil),
      ("validate_every", training.validateEvery != 0),
    ] where isGiven {
      throw SettingError(
        "training.\(name)",
        "cannot be used for sales: the rows held out are for the report, so nothing in training may "
          + "look at them")
    }
    if folds > 1, validation == 0 {
      throw SettingError(
        "folds", "is \(folds), but nothing is held out behind a cut",
        remedy: "Leave out `validation: 0`, or set `folds` to 1.")
    }
    if case .reduceOnPlateau = training.schedule {
      throw SettingError(
        "training.schedule",
        "is reduce_on_plateau, which needs a validation during training; sales holds its rows out for "
          + "the report", remedy: "Choose constant, step, cosine or one_cycle.")
    }
    if model.mixture, !model.stack.isEmpty {
      throw SettingError(
        "model.stack", "does not reach networks that mix simple forecasts",
        remedy: "Set `model.mixture` to false.")
    }
    if model.mixture,
      model.quantiles.count % 2 == 0 || model.quantiles[model.quantiles.count / 2] != 0.5
    {
      throw SettingError(
        "model.quantiles", "are \(model.quantiles): as many must lie above 0.5 as below")
    }
    if let last = model.stack.layers.last, last != .dense(units: 1, activation: .linear) {
      throw SettingError(
        "model.stack", "ends in \(last.kind): for sales it takes `dense: 1`, the next step")
    }
    if case .embedding? = model.stack.layers.first {
      throw SettingError(
        "model.stack", "begins with an embedding, which takes tokens: sales are numbers",
        remedy: "Begin with a recurrent layer, such as lstm.")
    }
    let quantiles = model.quantiles
    guard quantiles == quantiles.sorted(), Set(quantiles).count == quantiles.count,
      quantiles.allSatisfy({ $0 > 0 && $0 < 1 }), quantiles.contains(0.5)
    else {
      throw SettingError(
        "model.quantiles",
        "are \(quantiles): they must ascend between 0 and 1, with 0.5 among them")
    }
  }
}

/// Where the rows are and what their columns mean.
package struct SalesData: SettingsBlock {
  @Setting("The rows to learn from, a CSV. (default: a generated sample)", flag: "data")
  package var path: String? = nil
  @Setting("The column of dates. (default: recognised by names such as date)", flag: "date")
  package var date: String? = nil
  @Setting(
    "The columns that name a series, such as store,item; \"\" for one series. (default: recognised)",
    flag: "series")
  package var series: [String]? = nil
  @Setting("The column to forecast. (default: recognised by names such as sales)", flag: "target")
  package var target: String? = nil
  @Setting(
    "Columns of numbers known ahead of time, such as promo,price. (default: none)",
    flag: "covariates")
  package var covariates: [String] = []
  @Setting(
    "Where a series lacks a date: stop (error), take 0 (zero), or fill from the neighbours "
      + "(interpolate).", flag: "gaps")
  package var gaps = GapPolicy.error

  package init() {}
}

extension GapPolicy: SettingChoice {}

/// The network and what its inputs are made of.
package struct SalesModelSettings: SettingsBlock {
  @Setting(
    "Whether the network mixes simple forecasts that are found in each series' own past: the last "
      + "value, levels, drifts, the same day, week or year before. Else it forecasts what is left once "
      + "means and calendar are taken away.")
  package var mixture = false
  @Setting(
    "Networks whose forecasts are averaged, where they mix. The first leaves the last horizon out, "
      + "which says for how long the others train.", in: 1...100, flag: "members")
  package var members = 2
  @Setting(
    "Steps of the past that the network reads. (default: 28 days, 26 weeks or 24 months; of shorter "
      + "steps as many as the horizon's default; 24 numbered steps)", in: 1...100_000,
    flag: "history")
  package var history: Int? = nil
  @Setting(CommonSettings.cell, flag: "cell", isAddition: true)
  package var cell = RecurrentCell.lstm
  @Setting("Hidden units of each recurrent layer.", in: 1...8192, flag: "hidden")
  package var hidden = 64
  @Setting("Recurrent layers.", in: 1...16, flag: "layers")
  package var layers = 1
  @Setting("Dropout on the decoder's outputs, and between layers.", in: 0..<1)
  package var dropout = 0.1
  @Setting("Units of the head's hidden layer.", in: 1...8192)
  package var head = 32
  @Setting(
    "Ascending, with 0.5 among them; the first and the last bound the interval that is reported.")
  package var quantiles = [0.1, 0.5, 0.9]
  @Setting(
    "Whether one more network is trained, without the last windows, and then left: its errors there say "
      + "how wide the interval must be. Networks that mix simple forecasts need none, their first one "
      + "says it.", isAddition: true)
  package var calibrationNetwork = false
  @Setting("Whether series means and calendar effects are fitted and taken away first.")
  package var decomposition = true
  @Setting(
    "Days whose mean residual over all series, the level, is taken away from past and future, so that "
      + "growth is carried forward. 0: no level is taken away.", in: 0...36_500)
  package var levelDays = 91
  @Setting("Whether the network is told which series it looks at.")
  package var statics = true
  @Setting("Units that the series' embeddings and mean are mixed into.", in: 1...8192)
  package var staticSize = 16
  @Setting(
    "The share of windows whose series is hidden in training, so that new series can be forecast.",
    in: 0..<1)
  package var unknownRate = 0.05
  @Setting("Scales the encoder's view of the residual.", in: -1e6...1e6)
  package var inputScale = 3.0
  @Setting("Sine and cosine pairs over the year.", in: 0...100)
  package var harmonics = 2
  @Setting(
    "A plain stack of layers in place of encoder and decoder: it reads the history and ends in one "
      + "linear unit, the next step; what lies further ahead is forecast from its own forecasts. "
      + "Empty: none.")
  package var stack = StackConfiguration()

  package init() {}
}

extension SalesTask {
  package static var recipes: [TaskRecipe<SalesSettings>] {
    [
      TaskRecipe(
        name: "default",
        help:
          "a recurrent network mixes simple forecasts found in each series' past, and corrects them",
        settings: mixture),
      TaskRecipe(
        name: "residual", help: "decomposition first; the network forecasts what it leaves",
        settings: settings { _, _ in }),
      TaskRecipe(
        name: "history", help: "nothing but the past: the network finds the level of each series",
        settings: settings { model, training in
          training.epochs = 16
          model.history = 91
          model.decomposition = false
          model.levelDays = 0
          model.statics = false
          model.unknownRate = 0
          model.inputScale = 1
          model.dropout = 0
        }),
      TaskRecipe(
        name: "stack", help: "plain layers: LSTM(50), LSTM(50), one unit for the next step",
        settings: settings { model, training in
          training.optimizer = .adam()
          training.weightDecay = 0
          model.inputScale = 1
          model.stack = StackConfiguration([
            .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .linear),
          ])
        }),
    ]
  }

  private static var mixture: SalesSettings {
    var settings = settings { model, training in
      model.mixture = true
      model.head = 64
      training.epochs = 8
      training.stepsPerEpoch = 0
      training.weightDecay = 1e-3
      training.schedule = .cosine(warmup: 30, final: 0.01)
      training.weightAverage = WeightAverageConfiguration(decay: 0.98)
    }
    settings.batchSize = 0
    return settings
  }

  private static func settings(
    _ change: (inout SalesModelSettings, inout TrainerConfiguration) -> Void
  ) -> SalesSettings {
    var settings = SalesSettings()
    settings.training.epochs = 6
    settings.training.learningRate = 3e-3
    settings.training.stepsPerEpoch = 50
    settings.training.weightDecay = 1e-4
    settings.training.clipNorm = 1
    settings.training.optimizer = .adamW()
    settings.training.checkpointEvery = 25
    settings.training.schedule = .cosine(warmup: 30, final: 0)
    change(&settings.model, &settings.training)
    return settings
  }
}
