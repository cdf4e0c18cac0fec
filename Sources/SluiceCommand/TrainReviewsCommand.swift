import ArgumentParser
import Logging
import Sluice

struct TrainReviewsCommand: TrainSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "reviews",
    abstract: "Learns to rate reviews by their text, and by who wrote them about what.",
    discussion: """
      The CSV has a row for each review: a column of texts, a column of ratings such as 1 to 5 or \
      0 and 1; a title, the user, the item, categories and numbers if there are. Well-known column \
      names are recognised; others are named by flags, "" for none.

      English and other texts of words, Chinese and other scripts without blanks, and mixtures of \
      them: the settings that fit are chosen by the data.

      The model is several networks; each leaves out a part of the rows and is reported on by it. \
      --validation holds rows out strictly, reports on them, and then trains on all rows.

      --history needs no texts: it predicts the rating that a user will give to an item from the \
      ratings that they gave before; it needs user, item and time. The last share of time is held out.
      """)

  @OptionGroup(title: "Columns") var columns: ReviewColumnOptions
  @OptionGroup(title: "Rating") var rating: ReviewRatingOptions
  @OptionGroup(title: "Training") var training: TrainOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws { try runTraining() }

  var recipe: ReviewsConfiguration? {
    (rating.history ? .history : rating.recipe)?.configuration()
  }

  func apply(to configuration: inout ReviewsConfiguration) {
    if let text = columns.text { configuration.data.text = text }
    if let title = columns.title { configuration.data.titles = names(title) }
    if let target = columns.target { configuration.data.target = target }
    if let user = columns.user { configuration.data.user = user }
    if let item = columns.item { configuration.data.item = item }
    if let time = columns.time { configuration.data.time = time }
    if let categories = columns.categories { configuration.data.categories = names(categories) }
    if let numbers = columns.numbers { configuration.data.numbers = names(numbers) }
    if let ignore = columns.ignore { configuration.data.ignored = names(ignore) }
    if let weight = rating.classWeight { configuration.classWeight = weight }
    if let members = rating.members { configuration.members = members }
    if let validation = rating.validation { configuration.validation = validation }
  }

  func sample(_ configuration: ReviewsConfiguration) -> String {
    switch configuration.mode {
    case .text: SampleReviews(seed: configuration.training.seed).csv()
    case .history: SampleHistory(seed: configuration.training.seed).csv()
    }
  }

  func makeTask(
    _ configuration: ReviewsConfiguration, _ source: TableSource, on backend: any Backend,
    logger: Logger
  ) throws -> (task: ReviewsTask, origin: String) {
    if configuration.mode == .history {
      return try makeHistoryTask(configuration, source, on: backend, logger: logger)
    }
    let columns = try ReviewColumns.find(in: source.table, configuration.data.request)
    let set = try ReviewSet(source.table, columns: columns)
    var configuration = configuration
    if configuration.recipe == nil {
      // The settings that fit the data stand below what the file and the flags say.
      configuration = try askedConfiguration(over: ReviewRecipe(for: set).configuration())
    }
    let task = try ReviewsTraining(
      configuration, set: set, fingerprint: source.fingerprint, on: backend, logger: logger)
    var roles = "text \((columns.titles + [columns.text]).joined(separator: " + "))"
    roles += ", rating \(columns.target)"
    for (role, name) in [("user", columns.user), ("item", columns.item)] {
      if let name { roles += ", \(role) \(name)" }
    }
    for (role, names) in [("categories", columns.categories), ("numbers", columns.numbers)] {
      if !names.isEmpty { roles += ", \(role) \(names.joined(separator: " and "))" }
    }
    return (
      ReviewsTask(task),
      source.origin(roles: roles, subject: "reviews", unused: columns.unused(in: source.table))
    )
  }

  private func makeHistoryTask(
    _ configuration: ReviewsConfiguration, _ source: TableSource, on backend: any Backend,
    logger: Logger
  ) throws -> (task: ReviewsTask, origin: String) {
    var configuration = configuration
    if configuration.recipe == nil {
      // The file of settings asks for the mode: its settings stand over those of the recipe.
      configuration = try askedConfiguration(over: ReviewRecipe.history.configuration())
    }
    let columns = try HistoryColumns.find(in: source.table, configuration.data.request)
    let task = try HistoryTraining(
      configuration, set: HistorySet(source.table, columns: columns),
      fingerprint: source.fingerprint, on: backend, logger: logger)
    var roles = "rating \(columns.target), user \(columns.user), item \(columns.item)"
    roles += ", time \(columns.time)"
    if !columns.numbers.isEmpty {
      roles += ", numbers \(columns.numbers.joined(separator: " and "))"
    }
    return (
      ReviewsTask(task),
      source.origin(roles: roles, subject: "ratings", unused: columns.unused(in: source.table))
    )
  }

  func advice(model: String) -> String {
    let isHistory = (try? ReviewMode(ofModel: model)) == .history
    return isHistory
      ? """
      To predict ratings with it, of rows that name user, item and time:

        sluice predict --model \(model) --data rows.csv --output rated.csv
      """
      : """
      To score reviews with it:

        sluice predict --model \(model) --data reviews.csv --output rated.csv
        sluice predict --model \(model) --text "…"
      """
  }
}

/// How ratings are learned.
struct ReviewRatingOptions: ParsableArguments {
  @Flag(help: "Predict the next rating of a user from the earlier ones, without any text.")
  var history = false

  @Option(help: "How much rare ratings count: none, balanced, or sqrt in between. (default: none)")
  var classWeight: ClassWeight?

  @Option(
    parsing: .unconditional,
    help: "Networks whose mean is the model. (default: 3; 2 for scripts without blanks)")
  var members: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of rows to hold out and report on. (default: 0: each network is reported on by the "
        + "rows that it did not learn from; with --history 0.1, the last share of time)",
      valueName: "fraction"))
  var validation: Double?

  @Option(
    help: ArgumentHelp(
      "Settings to begin with: words, people, characters or history; or a plain stack: sentiment, "
        + "deep_sentiment or regression. (default: by the data)", valueName: "name"))
  var recipe: ReviewRecipe?

  func validate() throws {
    try require(members, in: 1...100, "--members")
    try require(validation, in: 0...0.9, "--validation")
    if history, let recipe, recipe != .history {
      throw ValidationError("--history and --recipe \(recipe.rawValue) exclude each other")
    }
  }
}

extension ClassWeight: ExpressibleByArgument {}
extension ReviewRecipe: ExpressibleByArgument {}

/// What the columns of a table of reviews mean.
struct ReviewColumnOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The column of texts. (default: recognised)", valueName: "column"))
  var text: String?

  @Option(
    help: ArgumentHelp(
      "Columns that are read before the text, such as title. (default: recognised)",
      valueName: "columns"))
  var title: String?

  @Option(help: ArgumentHelp("The column of ratings. (default: recognised)", valueName: "column"))
  var target: String?

  @Option(help: ArgumentHelp("The column of authors. (default: recognised)", valueName: "column"))
  var user: String?

  @Option(
    help: ArgumentHelp("The column of what is reviewed. (default: recognised)", valueName: "column")
  )
  var item: String?

  @Option(
    help: ArgumentHelp(
      "The column of dates, for --history. (default: recognised)", valueName: "column"))
  var time: String?

  @Option(
    help: ArgumentHelp(
      "Further columns that name kinds, such as brand,department. (default: recognised)",
      valueName: "columns"))
  var categories: String?

  @Option(
    help: ArgumentHelp(
      "Further columns of numbers, such as age. (default: recognised)", valueName: "columns"))
  var numbers: String?

  @Option(help: ArgumentHelp("Columns that play no part.", valueName: "columns"))
  var ignore: String?
}
