import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTraining

/// Everything that decides what a reviews run does.
package struct ReviewsSettings: TaskSettings {
  @Setting("Always reviews.") package var task = "reviews"
  @Setting("The recipe that these settings began as; null: it is chosen by the data.")
  package var recipe: ReviewRecipe? = nil
  package var data = ReviewData()
  @Setting(
    "The share of rows to hold out and report on. (default: 0: each network is reported on by the rows "
      + "that it did not learn from)", in: 0...0.9, flag: "validation")
  package var validation = 0.0
  @Setting(CommonSettings.refit, flag: "no-refit", flagHelp: CommonSettings.noRefit)
  package var refit = true
  @Setting(
    "Networks whose mean is the model, each trained on other rows. (default: 3; 2 for scripts without "
      + "blanks)", in: 1...100, flag: "members")
  package var members = 3
  @Setting(
    "Parts that the rows are cut into; each network leaves one of them out, to stop by and to report "
      + "on.", in: 2...100)
  package var folds = 10
  @Setting("Reviews that each optimizer step learns from.", in: 1...1 << 20, flag: "batch-size")
  package var batchSize = 64
  @Setting("How much rare ratings count: none, balanced, or sqrt in between.", flag: "class-weight")
  package var classWeight = ClassWeight.none
  package var model = ReviewModelSettings()
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

  package var networkCount: Int { members }
  package var isEnsemble: Bool { true }
  package var plainStack: StackConfiguration { model.stack }
  /// Whether the bag of words is blended in; a plain stack stays what it says.
  var isBlended: Bool { model.stack.isEmpty }

  package func check() throws {
    guard members <= folds else {
      throw SettingError(
        "members",
        "is \(members), more than the \(folds) `folds`: each network leaves out one of its own")
    }
    guard !model.stack.isEmpty else { return }
    for (name, value) in [
      ("wide.order", model.wide.order), ("side.size", model.side.size), ("pairs", model.pairs),
    ] where value != 0 {
      throw SettingError(
        "model.\(name)", "is \(value), it takes 0: `model.stack` stands for the whole network")
    }
  }
}

/// Where the rows are and what their columns mean. A column that is not named is recognised; an empty
/// name says that there is none.
package struct ReviewData: SettingsBlock {
  @Setting("The rows to learn from, a CSV. (default: a generated sample)", flag: "data")
  package var path: String? = nil
  @Setting("The column of texts. (default: recognised)", flag: "text")
  package var text: String? = nil
  @Setting(
    "Columns that are read before the text, such as title. (default: recognised)", flag: "title")
  package var titles: [String]? = nil
  @Setting("The column of ratings. (default: recognised)", flag: "target")
  package var target: String? = nil
  @Setting("The column of authors; \"\" for none. (default: recognised)", flag: "user")
  package var user: String? = nil
  @Setting("The column of what is reviewed; \"\" for none. (default: recognised)", flag: "item")
  package var item: String? = nil
  @Setting(
    "Further columns that name kinds, such as brand,department. (default: recognised)",
    flag: "categories")
  package var categories: [String]? = nil
  @Setting("Further columns of numbers, such as age. (default: recognised)", flag: "numbers")
  package var numbers: [String]? = nil
  @Setting("Columns that play no part.", flag: "ignore")
  package var ignored: [String] = []

  package init() {}

  /// The same with the columns that were found.
  func settled(for columns: ReviewColumns) -> ReviewData {
    var settled = self
    settled.text = columns.text
    settled.titles = columns.titles
    settled.target = columns.target
    settled.user = columns.user ?? ""
    settled.item = columns.item ?? ""
    settled.categories = columns.categories
    settled.numbers = columns.numbers
    return settled
  }
}

/// The network and what its inputs are made of.
package struct ReviewModelSettings: SettingsBlock {
  @Setting("Tokens of a review that are read, its first ones.", in: 1...10_000)
  package var tokens = 110
  @Setting("How often a word must occur to be known by name.", in: 1...1_000_000)
  package var minimumCount = 3
  @Setting("Words known by name, at most.", in: 0...10_000_000)
  package var vocabulary = 12_000
  @Setting(
    "Places that rare words share by their hash; 0: they are all unknown.", in: 0...10_000_000)
  package var buckets = 256
  @Setting(
    "Places for pairs of neighbouring tokens, by their hash; 0: pairs are not read.",
    in: 0...1 << 24)
  package var pairs = 0
  @Setting("Values for each token.", in: 1...8192)
  package var embedding = 128
  @Setting(CommonSettings.cell, flag: "cell", isAddition: true)
  package var cell = RecurrentCell.lstm
  @Setting("Hidden units of each recurrent layer, in each direction.", in: 1...8192, flag: "hidden")
  package var hidden = 64
  @Setting("Recurrent layers.", in: 1...16, flag: "layers")
  package var layers = 1
  @Setting("Whether the recurrent layers read the other way too.")
  package var bidirectional = true
  @Setting("The share of tokens that training makes unknown.", in: 0..<1)
  package var wordDropout = 0.1
  @Setting("The share of pairs that training leaves out.", in: 0..<1)
  package var pairDropout = 0.3
  @Setting("Dropout on the embeddings, the same at every step.", in: 0..<1)
  package var embeddingDropout = 0.3
  @Setting("Dropout on the recurrent layers' outputs, the same at every step.", in: 0..<1)
  package var outputDropout = 0.2
  @Setting("Dropout before the last layer.", in: 0..<1)
  package var dropout = 0.5
  package var wide = WideSettings()
  package var side = SideSettings()
  @Setting(
    "The share of the ranked probability score in the loss; the rest is cross-entropy.", in: 0...1)
  package var ordinal = 0.3
  @Setting(
    "A plain stack of layers over the tokens instead of all this; empty: none. tokens, the "
      + "vocabulary's settings, word_dropout and ordinal hold for it too.")
  package var stack = StackConfiguration()

  package init() {}
}

/// The linear branch over sequences of words, beside the recurrent layers.
package struct WideSettings: SettingsBlock {
  @Setting("The longest sequence, in tokens; 0: there is no such branch.", in: 0...8)
  package var order = 2
  @Setting("How many reviews must have a sequence.", in: 1...1_000_000)
  package var minimumCount = 3
  @Setting("Sequences, at most.", in: 1...1 << 24)
  package var maximum = 1 << 17
  @Setting("Multiplies the learning rate.", in: 0...1e6)
  package var learningRateScale = 3.0
  @Setting("Multiplies the features.", in: -1e6...1e6)
  package var scale = 1.0

  package init() {}
}

/// What is known besides the text: who, what, categories, numbers.
package struct SideSettings: SettingsBlock {
  @Setting("Units that it is mixed into; 0: it is not read.", in: 0...8192)
  package var size = 16
  @Setting(
    "Reviews at the mean rating that are added to a user's or an item's own before theirs is taken.",
    in: 0...1e6)
  package var shrinkage = 3.0
  @Setting(
    "The share of users, items and categories that training hides, so that new ones can be scored.",
    in: 0..<1)
  package var unknownRate = 0.05

  package init() {}
}
