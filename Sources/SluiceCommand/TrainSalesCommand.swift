import ArgumentParser
import Foundation
import Logging
import Sluice

struct TrainSalesCommand: ParsableCommand {
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
    if training.resume && training.output == nil {
      throw ValidationError("--resume goes on with the run in a folder: name it with --output")
    }
    if training.config != nil && forecast.recipe != nil {
      throw ValidationError("--config and --recipe both give a configuration: choose one")
    }
  }

  func run() throws {
    let folder = training.output ?? Self.newFolder()
    let isResuming = try training.resume && RunDirectory.holdsRun(folder)
    let stored = isResuming ? try storedConfiguration(folder + "/config.yaml") : nil
    let asked = try askedConfiguration(base: stored)
    // Rows and device come before the folder, so that what cannot begin leaves nothing behind.
    let backend = try Devices.open(device.device, threads: device.threads)
    let source = try SalesSource(asked)
    let log = LogFile()
    let logger = makeLogger(log)
    let task = try SalesTraining(
      asked, set: source.set, fingerprint: source.fingerprint, on: backend, logger: logger)
    if let stored { try compare(task.configuration, with: stored) }
    let run = try RunDirectory(folder, resuming: isResuming)
    if !isResuming {
      // The configuration first: from then on the folder is a run that can be resumed.
      try AtomicFile.write(
        ConfigurationFile.yaml(of: task.configuration), to: run.configurationPath)
      if let sample = source.sample {
        try AtomicFile.write(sample, to: folder + "/sample.csv")
      }
    }
    try log.open(run.logPath)
    if training.resume && !isResuming {
      logger.info("\(folder) holds no run yet: beginning a new one")
    }
    logger.info("\(source.origin)")
    if let path = asked.data.path, !FileReader.isRegularFile(path) {
      logger.warning(
        "\(path) cannot be read twice: to resume this run, give the same rows there again")
    }
    logger.info("device: \(backend.device.id), \(backend.device.name)")
    let reporter = TrainingReporter(logger: logger, output: output)
    task.requiresPersistent = training.requirePersistent
    task.onEvent = { reporter.show($0) }
    ProcessSignals.watchInterruptions()
    task.shouldStop = { ProcessSignals.wasInterrupted }
    guard let result = try task.train(in: run) else {
      reporter.finish()
      logger.warning("stopped; `--resume` with --output \(folder) goes on from here")
      throw ExitCode.failure
    }
    reporter.finish()
    try reporter.show(result)
  }

  private static func newFolder() -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyyMMdd-HHmmss"
    return "runs/sales-\(format.string(from: Date()))"
  }

  private func makeLogger(_ log: LogFile) -> Logger {
    let isQuiet = output.quiet
    return Logger(label: "sluice") { _ in RunLogHandler(isQuiet: isQuiet, file: log) }
  }

  private func storedConfiguration(_ path: String) throws -> SalesConfiguration {
    try ConfigurationFile.read(
      FileReader.text(of: path), name: path, over: SalesRecipe.standard.configuration,
      isComplete: true)
  }

  /// The configuration that the flags describe, over that of a run to be resumed where they name no
  /// other.
  private func askedConfiguration(base stored: SalesConfiguration?) throws -> SalesConfiguration {
    var configuration = (forecast.recipe ?? .standard).configuration
    if let file = training.config {
      configuration = try ConfigurationFile.read(
        FileReader.text(of: file), name: file, over: configuration)
      // Relative to where the command runs, as that of --data: the run keeps the whole path.
      configuration.data.path = configuration.data.path.map { URL(fileURLWithPath: $0).path }
    } else if let stored, forecast.recipe == nil {
      configuration = stored
    }
    apply(to: &configuration)
    return configuration
  }

  /// Refuses to resume a run with other settings than it began with.
  private func compare(_ asked: SalesConfiguration, with stored: SalesConfiguration) throws {
    guard asked != stored else { return }
    let now = try ConfigurationFile.yaml(of: asked).split(separator: "\n")
    let then = try ConfigurationFile.yaml(of: stored).split(separator: "\n")
    let changes = zip(then, now).filter { $0 != $1 }.prefix(3).map {
      "`\($0.trimmingCharacters(in: .whitespaces))` there, "
        + "`\($1.trimmingCharacters(in: .whitespaces))` here"
    }
    throw ConfigurationError(
      "the run in \(training.output ?? "") has other settings: \(changes.joined(separator: "; ")). "
        + "Resume without these flags, or train anew in another folder.")
  }

  private func apply(to configuration: inout SalesConfiguration) {
    if let data = training.data {
      configuration.data.path = URL(fileURLWithPath: data).path
    }
    if let date = columns.date { configuration.data.date = date }
    if let series = columns.series { configuration.data.series = names(series) }
    if let target = columns.target { configuration.data.target = target }
    if let covariates = columns.covariates { configuration.data.covariates = names(covariates) }
    if let gaps = columns.gaps { configuration.data.gaps = gaps }
    if let horizon = forecast.horizon { configuration.horizon = horizon }
    if let history = forecast.history { configuration.model.history = history }
    if let validation = forecast.validation { configuration.validation = validation }
    if training.noRefit { configuration.refit = false }
    if let epochs = training.epochs { configuration.training.epochs = epochs }
    if let batch = training.batchSize { configuration.batchSize = batch }
    if let rate = training.learningRate { configuration.training.learningRate = rate }
    if let hidden = training.hidden { configuration.model.hidden = hidden }
    if let layers = training.layers { configuration.model.layers = layers }
    if let seed = training.seed { configuration.training.seed = seed }
  }

  private func names(_ list: String) -> [String] {
    list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
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
