import SluiceNN
import SluicePlatform
import SluiceTraining

/// Everything that decides what a run of the reviews task does. What `config.yaml` holds.
package struct ReviewsConfiguration: TaskConfiguration {
  /// Always `reviews`.
  package var task = "reviews"
  /// What is read: the review's text, or the user's earlier ratings.
  package var mode = ReviewMode.text
  /// The ready settings that these began as. Nil: chosen by the data.
  package var recipe: ReviewRecipe?
  package var data = ReviewData()
  /// The share of the rows that is held out strictly to report on, in the mode `history` the last share
  /// of time. 0: the report is on the rows that each member did not learn from.
  package var validation = 0.0
  /// Whether the final model is trained on all rows after a report on held-out ones.
  package var refit = true
  /// Networks that are trained, each on other rows; their probabilities are averaged.
  package var members = 3
  /// Parts that the rows are cut into; each member leaves one of them out, to stop by and to report
  /// on.
  package var folds = 10
  /// Reviews per optimizer step and micro-batch.
  package var batchSize = 64
  package var classWeight = ClassWeight.none
  /// The network of the mode `text`.
  package var model = ReviewModelConfiguration()
  /// The network of the mode `history`.
  package var history = HistoryConfiguration()
  package var training = TrainerConfiguration()

  package init() {}

  enum CodingKeys: String, CodingKey {
    case task, mode, recipe, data, validation, refit, members, folds
    case batchSize = "batch_size"
    case classWeight = "class_weight"
    case model, history, training
  }

  package static let taskName = "reviews"
  package static let standard = ReviewRecipe.words.configuration(chosenByData: true)

  package var dataPath: String? {
    get { data.path }
    set { data.path = newValue }
  }
  package var hiddenSize: Int {
    get { mode == .history ? history.hidden : model.hidden }
    set { if mode == .history { history.hidden = newValue } else { model.hidden = newValue } }
  }
  package var layerCount: Int {
    get { mode == .history ? history.layers : model.layers }
    set { if mode == .history { history.layers = newValue } else { model.layers = newValue } }
  }
  package var plainStack: StackConfiguration {
    mode == .history ? StackConfiguration() : model.stack
  }
}

/// Where the rows are and what their columns mean.
package struct ReviewData: Codable, Hashable, Sendable {
  /// The CSV file. Nil: a sample generated from the seed.
  package var path: String?
  /// The columns, each found by its name where nil.
  package var text: String?
  package var titles: [String]?
  package var target: String?
  package var user: String?
  package var item: String?
  package var time: String?
  package var categories: [String]?
  package var numbers: [String]?
  /// Columns that are not to be recognised.
  package var ignored: [String] = []

  enum CodingKeys: String, CodingKey, CaseIterable {
    case path, text, titles, target, user, item, time, categories, numbers, ignored
  }

  /// What the user says about the columns.
  package var request: ReviewColumns.Request {
    ReviewColumns.Request(
      text: text, titles: titles, target: target, user: user, item: item, time: time,
      categories: categories, numbers: numbers, ignored: ignored)
  }

  /// The same with the columns that were found. An empty name says that there is none.
  func resolved(for columns: ReviewColumns) -> ReviewData {
    var resolved = self
    resolved.text = columns.text
    resolved.titles = columns.titles
    resolved.target = columns.target
    resolved.user = columns.user ?? ""
    resolved.item = columns.item ?? ""
    resolved.time = columns.time ?? ""
    resolved.categories = columns.categories
    resolved.numbers = columns.numbers
    return resolved
  }
}

/// The network and what its inputs are made of.
package struct ReviewModelConfiguration: Codable, Hashable, Sendable {
  /// T: the tokens of a review that the LSTM reads, its first ones.
  package var tokens = 110
  /// How often a word must occur to be known by name.
  package var minimumCount = 3
  /// Words known by name, at most.
  package var vocabulary = 12_000
  /// Places that rare words share by their hash; 0: they are all unknown.
  package var buckets = 256
  /// Places for pairs of neighbouring tokens, by their hash; 0: pairs are not read.
  package var pairs = 0
  /// Values for each token.
  package var embedding = 128
  /// H of each direction.
  package var hidden = 64
  package var layers = 1
  package var bidirectional = true
  /// The share of tokens that training makes unknown.
  package var wordDropout = 0.1
  /// The share of pairs that training leaves out.
  package var pairDropout = 0.3
  /// On the embeddings, the same at every step.
  package var embeddingDropout = 0.3
  /// On the LSTM's outputs, the same at every step.
  package var outputDropout = 0.2
  /// Before the last layer.
  package var dropout = 0.5
  package var wide = WideConfiguration()
  package var side = SideConfiguration()
  /// The share of the ranked probability score in the loss; the rest is cross-entropy.
  package var ordinal = 0.3
  /// A plain stack of layers over the tokens instead of all this; empty: none. `tokens`, the
  /// vocabulary's settings, `word_dropout` and `ordinal` hold for it too.
  package var stack = StackConfiguration()

  package init() {}

  enum CodingKeys: String, CodingKey {
    case tokens
    case minimumCount = "minimum_count"
    case vocabulary, buckets, pairs, embedding, hidden, layers, bidirectional
    case wordDropout = "word_dropout"
    case pairDropout = "pair_dropout"
    case embeddingDropout = "embedding_dropout"
    case outputDropout = "output_dropout"
    case dropout, wide, side, ordinal, stack
  }
}

/// The linear branch over sequences of words, beside the LSTM.
package struct WideConfiguration: Codable, Hashable, Sendable {
  /// The longest sequence, in tokens; 0: there is no such branch.
  package var order = 2
  /// How many reviews must have a sequence.
  package var minimumCount = 3
  /// Sequences, at most.
  package var maximum = 1 << 17
  /// Multiplies the learning rate.
  package var learningRateScale = 3.0
  /// Multiplies the features.
  package var scale = 1.0

  package init() {}

  enum CodingKeys: String, CodingKey {
    case order
    case minimumCount = "minimum_count"
    case maximum
    case learningRateScale = "learning_rate_scale"
    case scale
  }
}

/// What is known besides the text: who, what, categories, numbers.
package struct SideConfiguration: Codable, Hashable, Sendable {
  /// Units that it is mixed into; 0: it is not read.
  package var size = 16
  /// Reviews at the mean rating that are added to a user's or an item's own before theirs is taken.
  package var shrinkage = 3.0
  /// The share of users, items and categories that training hides, so that new ones can be scored.
  package var unknownRate = 0.05

  package init() {}

  enum CodingKeys: String, CodingKey {
    case size, shrinkage
    case unknownRate = "unknown_rate"
  }
}

// Settings without a value are written as nulls, so that a configuration shows every key it has.

extension ReviewsConfiguration {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(mode, forKey: .mode)
    try container.encode(recipe, forKey: .recipe)
    try container.encode(data, forKey: .data)
    try container.encode(validation, forKey: .validation)
    try container.encode(refit, forKey: .refit)
    try container.encode(members, forKey: .members)
    try container.encode(folds, forKey: .folds)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(classWeight, forKey: .classWeight)
    try container.encode(model, forKey: .model)
    try container.encode(history, forKey: .history)
    try container.encode(training, forKey: .training)
  }
}

extension ReviewData {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(text, forKey: .text)
    try container.encode(titles, forKey: .titles)
    try container.encode(target, forKey: .target)
    try container.encode(user, forKey: .user)
    try container.encode(item, forKey: .item)
    try container.encode(time, forKey: .time)
    try container.encode(categories, forKey: .categories)
    try container.encode(numbers, forKey: .numbers)
    try container.encode(ignored, forKey: .ignored)
  }
}
