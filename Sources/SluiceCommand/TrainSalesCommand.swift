import ArgumentParser
import Logging
import Sluice

struct TrainSalesCommand: TrainSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "sales",
    abstract: "Learns to forecast sales, or any amount over time, for many series at once.",
    discussion: """
      The CSV has a row for each date and series: a column of dates, columns that name the series \
      (store, item, …), the amount. Days, hours, weeks or months: the step is found from the \
      dates. Well-known column names are recognised; others are named by flags.

      The last --validation steps are held out first, and the report is on them. Then the model is \
      trained once more on all rows, since a forecast starts from today.
      """)

  @OptionGroup(title: "Columns") var columns: SalesColumnOptions
  @OptionGroup(title: "Forecast") var forecast: SalesForecastOptions
  @OptionGroup(title: "Training") var training: TrainOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    try training.check(hasRecipe: forecast.recipe != nil)
  }

  func run() throws { try runTraining() }

  var recipe: SalesConfiguration? { forecast.recipe?.configuration }

  func apply(to configuration: inout SalesConfiguration) {
    if let date = columns.date { configuration.data.date = date }
    if let series = columns.series { configuration.data.series = names(series) }
    if let target = columns.target { configuration.data.target = target }
    if let covariates = columns.covariates { configuration.data.covariates = names(covariates) }
    if let gaps = columns.gaps { configuration.data.gaps = gaps }
    if let horizon = forecast.horizon { configuration.horizon = horizon }
    if let history = forecast.history { configuration.model.history = history }
    if let validation = forecast.validation { configuration.validation = validation }
  }

  func sample(_ configuration: SalesConfiguration) -> String {
    SampleSales(seed: configuration.training.seed).csv()
  }

  func makeTask(
    _ configuration: SalesConfiguration, _ source: TableSource, on backend: any Backend,
    logger: Logger
  ) throws -> (task: SalesTraining, origin: String) {
    let data = configuration.data
    let columns = try SalesColumns.find(
      in: source.table, date: data.date, series: data.series, target: data.target,
      covariates: data.covariates)
    let set = try SeriesSet(source.table, columns: columns, gaps: data.gaps)
    let series = columns.series.isEmpty ? "(one)" : columns.series.joined(separator: " × ")
    let known = columns.covariates.joined(separator: ", ")
    let roles =
      "date \(columns.date), series \(series), target \(columns.target)"
      + (known.isEmpty ? "" : ", known ahead \(known)")
    let task = try SalesTraining(
      configuration, set: set, fingerprint: source.fingerprint, on: backend, logger: logger)
    return (
      task,
      source.origin(roles: roles, subject: "sales", unused: columns.unused(in: source.table))
    )
  }

  func advice(model: String) -> String {
    """
    To forecast with it:

      sluice predict --model \(model) --output forecast.csv
    """
  }
}

/// What is forecast, and from what.
struct SalesForecastOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Steps to forecast. (default: 90 days, 7 days of shorter steps, 13 weeks or 12 months)",
      valueName: "steps"))
  var horizon: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Steps of the past that the network reads. (default: 28 days, 7 days of shorter steps, "
        + "26 weeks or 24 months)", valueName: "steps"))
  var history: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Steps at the end to hold out and report on; 0 for none. (default: one horizon)",
      valueName: "steps"))
  var validation: Int?

  @Option(help: "Settings to begin with: history reads nothing but the past. (default: default)")
  var recipe: SalesRecipe?

  func validate() throws {
    try require(horizon, in: 1...10_000, "--horizon")
    try require(history, in: 1...100_000, "--history")
    try require(validation, in: 0...1_000_000, "--validation")
  }
}

/// What the columns of a sales table mean.
struct SalesColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column of dates. (default: recognised by names such as date)", valueName: "column"))
  var date: String?

  @Option(
    help: ArgumentHelp(
      "The columns that name a series, such as store,item; \"\" for one series. (default: "
        + "recognised)",
      valueName: "columns"))
  var series: String?

  @Option(
    help: ArgumentHelp(
      "The column to forecast. (default: recognised by names such as sales)", valueName: "column"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "Columns of numbers known ahead of time, such as promo,price. (default: none)",
      valueName: "columns"))
  var covariates: String?

  @Option(
    help: ArgumentHelp(
      "Where a series lacks a date: stop, take 0, or fill from the neighbours. (default: error)",
      valueName: "policy"))
  var gaps: GapPolicy?
}
