import SluiceNN
import SluiceTraining

/// Everything that decides what a churn run does. What `config.yaml` holds.
package struct ChurnConfiguration: Codable, Hashable, Sendable {
  /// Always `churn`.
  package var task = "churn"
  package var data = ChurnData()
  /// The share of customers that is held out first, to report on. 0: none; then the report is on
  /// every customer by the members that did not learn from it.
  package var validation = 0.0
  /// Whether the final model is trained on all customers after a report on held-out ones.
  package var refit = true
  /// Customers per optimizer step and micro-batch.
  package var batchSize = 64
  package var ensemble = EnsembleConfiguration()
  package var decision = DecisionConfiguration()
  package var model = ChurnModelConfiguration()
  package var training: TrainerConfiguration

  enum CodingKeys: String, CodingKey {
    case task, data, validation, refit
    case batchSize = "batch_size"
    case ensemble, decision, model, training
  }
}

/// Where the rows are and what their columns mean.
package struct ChurnData: Codable, Hashable, Sendable {
  /// The CSV file. Nil: a sample generated from the seed.
  package var path: String?
  /// The column that says who is gone. Nil: found by its name.
  package var target: String?
  /// The value of it that stands for gone. Nil: recognised.
  package var positive: String?
  /// Columns that tell customers apart. Nil: found.
  package var id: [String]?
  /// The column of time, where a customer has several rows.
  package var time: String?
  /// Columns to leave out.
  package var ignore: [String] = []

  enum CodingKeys: String, CodingKey {
    case path, target, positive, id, time, ignore
  }
}

/// How many networks decide together, and on what they are trained.
package struct EnsembleConfiguration: Codable, Hashable, Sendable {
  /// Parts that the customers are dealt into; each member learns from all parts but one.
  package var folds = 5
  /// How often they are dealt anew. There are folds × shuffles members.
  package var shuffles = 2
}

/// What becomes of a probability.
package struct DecisionConfiguration: Codable, Hashable, Sendable {
  /// From which probability on a customer counts as gone. Nil: the one of the best F1.
  package var threshold: Double?
  /// How many customers who stayed one who is gone counts for in training. Probabilities are put
  /// right afterwards.
  package var positiveWeight = 1.0

  enum CodingKeys: String, CodingKey {
    case threshold
    case positiveWeight = "positive_weight"
  }
}

/// The network and what its inputs are made of.
package struct ChurnModelConfiguration: Codable, Hashable, Sendable {
  /// H of the LSTM.
  package var hidden = 32
  package var layers = 1
  package var bidirectional = true
  /// Numbers that stand for each cell.
  package var tokenSize = 32
  /// Quantile bins of numbers.
  package var bins = 16
  /// Values with fewer rows than this share the embedding of unseen ones.
  package var rarest = 3
  /// The share of cells that is hidden in training, so that unseen values are no surprise.
  package var unknownRate = 0.05
  /// On the tokens.
  package var inputDropout = 0.0
  /// On the pooled outputs and on the head's hidden layer.
  package var dropout = 0.0
  /// Units of the head's hidden layer.
  package var head = 96
  /// Whether the head sees every token beside what the LSTM made of them.
  package var flatTokens = true
  /// Moves the targets from 0 and 1 towards the middle.
  package var labelSmoothing = 0.05
  /// Rows of a customer's history that are read, the latest ones.
  package var history = 100
  /// A plain stack of layers over the tokens in place of the network above; empty: none. It ends in
  /// one sigmoid unit, trained by cross-entropy, or in one linear unit, trained by squared error.
  /// `token_size`, `bins`, `rarest`, `unknown_rate`, `label_smoothing` and `history` still count.
  package var stack = StackConfiguration()

  enum CodingKeys: String, CodingKey {
    case hidden, layers, bidirectional
    case tokenSize = "token_size"
    case bins, rarest
    case unknownRate = "unknown_rate"
    case inputDropout = "input_dropout"
    case dropout, head
    case flatTokens = "flat_tokens"
    case labelSmoothing = "label_smoothing"
    case history, stack
  }
}

// Settings without a value are written as nulls, so that a configuration shows every key it has.

extension ChurnData {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(target, forKey: .target)
    try container.encode(positive, forKey: .positive)
    try container.encode(id, forKey: .id)
    try container.encode(time, forKey: .time)
    try container.encode(ignore, forKey: .ignore)
  }
}

extension DecisionConfiguration {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(threshold, forKey: .threshold)
    try container.encode(positiveWeight, forKey: .positiveWeight)
  }
}

extension ChurnConfiguration: TaskConfiguration {
  package static var taskName: String { "churn" }

  package static var standard: ChurnConfiguration {
    var training = TrainerConfiguration()
    training.epochs = 25
    training.stepsPerEpoch = 0
    training.learningRate = 3e-3
    training.schedule = .cosine(warmup: 30, final: 0.02)
    training.optimizer = .adamW()
    // So much in place of dropout, whose noise a few thousand customers can afford less.
    training.weightDecay = 0.5
    training.clipNorm = 1
    training.weightAverage = WeightAverageConfiguration(decay: 0.99, warmup: true)
    training.earlyStopping = EarlyStoppingConfiguration(
      metric: "auc", mode: .maximum, patience: 8, minimumDelta: 1e-5)
    training.checkpointEvery = 200
    return ChurnConfiguration(training: training)
  }

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

  /// Members of the ensemble.
  package var memberCount: Int { ensemble.folds * ensemble.shuffles }

  /// What the weights, the batches and the order of columns of a member are drawn from.
  func seed(ofMember member: Int) -> UInt64 {
    training.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(member + 1)
  }
}
