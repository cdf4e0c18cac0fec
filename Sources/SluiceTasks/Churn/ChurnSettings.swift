import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTraining

/// Everything that decides what a churn run does.
package struct ChurnSettings: TaskSettings {
  @Setting("Always churn.") package var task = "churn"
  package var data = ChurnData()
  @Setting(
    "The share of customers to hold out and report on, before the final model is trained on all; 0: "
      + "none, then the report is on every customer by the members that did not learn from it.",
    in: 0...0.9, flag: "validation")
  package var validation = 0.0
  @Setting(CommonSettings.refit, flag: "no-refit", flagHelp: CommonSettings.noRefit)
  package var refit = true
  @Setting("Customers that each optimizer step learns from.", in: 1...1 << 20, flag: "batch-size")
  package var batchSize = 64
  package var ensemble = ChurnEnsembleSettings()
  package var decision = ChurnDecisionSettings()
  package var model = ChurnModelSettings()
  package var training = TrainerConfiguration()

  package init() {}

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
  package var networkCount: Int { ensemble.folds * ensemble.shuffles }
  package var isEnsemble: Bool { true }

  /// What the weights, the batches and the order of columns of a member are drawn from.
  func seed(ofMember member: Int) -> UInt64 {
    training.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(member + 1)
  }

  /// The same with the columns that were found.
  func settled(for columns: ChurnColumns) -> ChurnSettings {
    var settled = self
    settled.data.target = columns.target
    settled.data.positive = columns.positive
    settled.data.id = columns.identifiers
    return settled
  }

  package func check() throws {
    guard let last = model.stack.layers.last else { return }
    if case .embedding? = model.stack.layers.first {
      throw stackError(
        "begins with an embedding, but reads columns that are tokens of `model.token_size` numbers "
          + "already", remedy: "Begin with a recurrent layer, such as lstm.")
    }
    let sigmoid = "`dense: {units: 1, activation: sigmoid}`"
    let remedy = "End it in \(sigmoid), or in `dense: 1` for squared errors."
    switch last {
    case .dense(units: 1, activation: .sigmoid): break
    case .dense(units: 1, activation: .linear):
      guard decision.positiveWeight == 1 else {
        throw SettingError(
          "decision.positive_weight",
          "is \(decision.positiveWeight), but `model.stack` ends in a linear unit, which is trained "
            + "by squared error", remedy: "End it in \(sigmoid).")
      }
    case .dense(let units, let activation):
      throw stackError(
        "ends in \(units) \(activation.rawValue) \(units == 1 ? "unit" : "units"): a customer is gone "
          + "or stayed, which one unit says", remedy: remedy)
    default:
      throw stackError("ends in \(last.kind)", remedy: remedy)
    }
  }
}

/// Where the rows are and what their columns mean.
package struct ChurnData: SettingsBlock {
  @Setting("The rows to learn from, a CSV. (default: a generated sample)", flag: "data")
  package var path: String? = nil
  @Setting(
    "The column that says who is gone. (default: recognised by names such as Churn)", flag: "target"
  )
  package var target: String? = nil
  @Setting(
    "The value of it that stands for gone. (default: recognised, such as Yes or 1)",
    flag: "positive")
  package var positive: String? = nil
  @Setting(
    "Columns that tell customers apart and say nothing about them. (default: found)", flag: "id")
  package var id: [String]? = nil
  @Setting(
    "The column of time, where each customer has several rows, its history; needs the one column that "
      + "tells customers apart.", flag: "time")
  package var time: String? = nil
  @Setting("Columns to leave out. (default: none)", flag: "ignore")
  package var ignore: [String] = []

  package init() {}
}

/// How many networks decide together, and on what they are trained.
package struct ChurnEnsembleSettings: SettingsBlock {
  @Setting(
    "Parts that the customers are dealt into; each member learns from all parts but one.",
    in: 2...100
  )
  package var folds = 5
  @Setting("How often they are dealt anew. There are folds × shuffles members.", in: 1...100)
  package var shuffles = 2

  package init() {}
}

/// What becomes of a probability.
package struct ChurnDecisionSettings: SettingsBlock {
  @Setting(
    "The probability from which on a customer counts as gone; auto (null): that of the best F1 on rows "
      + "that members did not learn from. (default: auto)", in: 0...1, flag: "threshold")
  package var threshold: Double? = nil
  @Setting(
    "How many customers who stayed one who is gone counts for in training. Probabilities are put right "
      + "afterwards.", in: 1e-3...1e3, flag: "positive-weight")
  package var positiveWeight = 1.0

  package init() {}
}

/// The network and what its inputs are made of.
package struct ChurnModelSettings: SettingsBlock {
  @Setting(CommonSettings.cell, flag: "cell", isAddition: true)
  package var cell = RecurrentCell.lstm
  @Setting("Hidden units of each recurrent layer.", in: 1...8192, flag: "hidden")
  package var hidden = 32
  @Setting("Recurrent layers.", in: 1...16, flag: "layers")
  package var layers = 1
  @Setting("Whether the recurrent layers read both ways.")
  package var bidirectional = true
  @Setting("Numbers that stand for each cell.", in: 1...1024)
  package var tokenSize = 32
  @Setting("Quantile bins of numbers.", in: 1...256)
  package var bins = 16
  @Setting(
    "Values with fewer rows than this share the embedding of unseen ones.", in: 1...1_000_000)
  package var rarest = 3
  @Setting(
    "The share of cells that is hidden in training, so that unseen values are no surprise.",
    in: 0..<1
  )
  package var unknownRate = 0.05
  @Setting("Dropout on the tokens.", in: 0..<1)
  package var inputDropout = 0.0
  @Setting("Dropout on the pooled outputs and on the head's hidden layer.", in: 0..<1)
  package var dropout = 0.0
  @Setting("Units of the head's hidden layer.", in: 1...8192)
  package var head = 96
  @Setting("Whether the head sees every token beside what the recurrent layers made of them.")
  package var flatTokens = true
  @Setting("Moves the targets from 0 and 1 towards the middle.", in: 0..<1)
  package var labelSmoothing = 0.05
  @Setting("Rows of a customer's history that are read, the latest ones.", in: 1...100_000)
  package var history = 100
  @Setting(
    "A plain stack of layers over the tokens in place of the network; empty: none. It ends in one "
      + "sigmoid unit, trained by cross-entropy, or in one linear unit, trained by squared error. "
      + "token_size, bins, rarest, unknown_rate, label_smoothing and history still count.")
  package var stack = StackConfiguration()

  package init() {}
}

extension ChurnTask {
  package static var recipes: [TaskRecipe<ChurnSettings>] {
    var standard = ChurnSettings()
    standard.training.epochs = 25
    standard.training.stepsPerEpoch = 0
    standard.training.learningRate = 3e-3
    standard.training.schedule = .cosine(warmup: 30, final: 0.02)
    standard.training.optimizer = .adamW()
    // So much in place of dropout, whose noise a few thousand customers can afford less.
    standard.training.weightDecay = 0.5
    standard.training.clipNorm = 1
    standard.training.weightAverage = WeightAverageConfiguration(decay: 0.99, warmup: true)
    standard.training.earlyStopping = EarlyStoppingConfiguration(
      metric: "auc", mode: .maximum, patience: 8, minimumDelta: 1e-5)
    standard.training.checkpointEvery = 200
    var stack = standard
    stack.model.stack = StackConfiguration([
      .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .sigmoid),
    ])
    stack.model.labelSmoothing = 0
    stack.training.optimizer = .adam()
    stack.training.weightDecay = 0
    return [
      TaskRecipe(
        name: "default",
        help: "a recurrent layer over the columns, both ways, pooled, beside the cells themselves",
        settings: standard),
      TaskRecipe(
        name: "stack", help: "plain layers: LSTM(50), LSTM(50), one sigmoid unit", settings: stack),
    ]
  }
}
