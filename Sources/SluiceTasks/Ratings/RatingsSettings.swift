import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTables
import SluiceTraining

/// Everything that decides what a run of the ratings task does.
package struct RatingsSettings: TaskSettings {
  @Setting("Always ratings.") package var task = "ratings"
  package var data = RatingsData()
  @Setting(
    "The share of the rows, the last one in time, to hold out and report on; 0: each network is "
      + "reported on by the rows that it did not learn from.", in: 0...0.9, flag: "validation")
  package var validation = 0.1
  @Setting(CommonSettings.refit, flag: "no-refit", flagHelp: CommonSettings.noRefit)
  package var refit = true
  @Setting("Networks whose mean is the model.", in: 1...100, flag: "members")
  package var members = 3
  @Setting(
    "Parts that the rows are cut into; each network leaves one of them out, to stop by.",
    in: 2...100)
  package var folds = 10
  @Setting(
    "Users' pasts that each optimizer step learns from.", in: 1...1 << 20, flag: "batch-size")
  package var batchSize = 32
  @Setting(
    "How much rare ratings count: none, balanced, or sqrt in between.", flag: "class-weight")
  package var classWeight = ClassWeight.none
  package var model = RatingsModelSettings()
  package var training = TrainerConfiguration()

  package init() {}

  package var dataPath: String? {
    get { data.path }
    set { data.path = newValue }
  }

  package var cell: RecurrentCell { model.cell }

  package mutating func use(_ cell: RecurrentCell) {
    model.cell = cell
  }
  package var networkCount: Int { members }
  package var isEnsemble: Bool { true }

  /// Rows that a training needs at least.
  var fewestRows: Int { max(20, 2 * folds) }

  package func check() throws {
    guard members <= folds else {
      throw SettingError(
        "members",
        "is \(members), more than the \(folds) `folds`: each member leaves out one of its own"
      )
    }
    guard model.steps.isMultiple(of: 2) else {
      throw SettingError("model.steps", "is \(model.steps), it takes an even number")
    }
  }
}

/// Where the rows are and what their columns mean.
package struct RatingsData: SettingsBlock {
  @Setting("The rows to learn from, a CSV. (default: a generated sample)", flag: "data")
  package var path: String? = nil
  @Setting("The column of ratings. (default: recognised)", flag: "target")
  package var target: String? = nil
  @Setting("The column of users. (default: recognised)", flag: "user")
  package var user: String? = nil
  @Setting("The column of what is rated. (default: recognised)", flag: "item")
  package var item: String? = nil
  @Setting("The column of times. (default: recognised)", flag: "time")
  package var time: String? = nil
  @Setting(
    "Further columns of numbers, such as age: they tell about later ratings. (default: recognised)",
    flag: "numbers")
  package var numbers: [String]? = nil
  @Setting("Columns that play no part.", flag: "ignore")
  package var ignored: [String] = []

  package init() {}
}

/// The network and what its inputs are made of.
package struct RatingsModelSettings: SettingsBlock {
  @Setting(
    "The steps of a user's past that are read at once, an even number. Longer pasts are read in parts "
      + "that overlap by half, so that every rating but the first ones is predicted from half of the "
      + "steps before it or more.", in: 2...10_000)
  package var steps = 200
  @Setting(
    "How often an item must be rated to be known by an embedding of its own.", in: 1...1_000_000)
  package var minimumCount = 20
  @Setting("Items with an embedding, at most.", in: 0...10_000_000)
  package var items = 50_000
  @Setting("Values for each item.", in: 1...8192)
  package var embedding = 16
  @Setting(CommonSettings.cell, flag: "cell", isAddition: true)
  package var cell = RecurrentCell.lstm
  @Setting("Hidden units of each recurrent layer.", in: 1...8192, flag: "hidden")
  package var hidden = 32
  @Setting("Recurrent layers.", in: 1...16, flag: "layers")
  package var layers = 1
  @Setting(
    "Units in which the past, the item and what is known of both are mixed.", in: 1...8192)
  package var mixed = 32
  @Setting(
    "The share of items that training makes unknown, so that new ones can be rated.", in: 0..<1)
  package var unknownRate = 0.1
  @Setting("Dropout on the recurrent layers' outputs, the same at every step.", in: 0..<1)
  package var outputDropout = 0.2
  @Setting("Dropout before the last layer.", in: 0..<1)
  package var dropout = 0.3
  @Setting(
    "The share of the ranked probability score in the loss; the rest is cross-entropy.", in: 0...1)
  package var ordinal = 0.5

  package init() {}
}

extension RatingsData {
  /// The same with the columns of a table, found by the names that well-known data sets use where
  /// none are named.
  ///
  /// - Throws: ``TableError`` when a named column is missing or named twice, or when rating, user,
  ///   item or time are not recognised; it says which setting names them.
  func settled(in table: Table) throws(TableError) -> RatingsData {
    typealias Names = RatingColumnNames
    let roles: [(WritableKeyPath<RatingsData, String?>, key: String, role: String, [String])] = [
      (\.target, "data.target", "rating", Names.target), (\.user, "data.user", "user", Names.user),
      (\.item, "data.item", "item", Names.item), (\.time, "data.time", "time", Names.time),
    ]
    var settled = self
    var search = ColumnSearch(table)
    for name in ignored { try search.take(name, for: "data.ignored") }
    // What the user names is taken before anything is guessed.
    for (path, key, _, _) in roles {
      settled[keyPath: path] = try search.named(self[keyPath: path], for: key)
    }
    settled.numbers = try search.named(numbers, for: "data.numbers")
    for (path, key, role, names) in roles where settled[keyPath: path] == nil {
      // An empty name asks for none, which there must be here.
      guard self[keyPath: path] == nil, let found = search.recognise(names) else {
        throw search.unrecognised(
          role, key, hint: "Ratings are learned from who rated what and when.")
      }
      settled[keyPath: path] = found
    }
    settled.numbers =
      settled.numbers
      ?? search.recogniseAll(Names.numbers) { table.columnIfPresent($0)?.isNumeric ?? false }
    return settled
  }

  /// The columns, once they are settled.
  var columns: (target: String, user: String, item: String, time: String, numbers: [String]) {
    (target ?? "", user ?? "", item ?? "", time ?? "", numbers ?? [])
  }
}

extension RatingsTask {
  package static var recipes: [TaskRecipe<RatingsSettings>] {
    var settings = RatingsSettings()
    settings.training.epochs = 12
    settings.training.stepsPerEpoch = 0
    settings.training.optimizer = .adamW()
    settings.training.learningRate = 3e-3
    settings.training.weightDecay = 0.01
    settings.training.clipNorm = 1
    settings.training.schedule = .cosine(warmup: 50, final: 0.02)
    settings.training.weightAverage = WeightAverageConfiguration(decay: 0.99)
    settings.training.earlyStopping = EarlyStoppingConfiguration(metric: "log_loss", patience: 3)
    settings.training.checkpointEvery = 200
    return [
      TaskRecipe(
        name: "default", help: "a recurrent layer over each user's past", settings: settings)
    ]
  }
}
