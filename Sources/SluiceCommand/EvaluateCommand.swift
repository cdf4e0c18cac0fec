import ArgumentParser
import Sluice
import SluiceTables

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a model on a table, beside its baselines.",
    discussion: """
      sales: the last horizon of the table is forecast from what lies before it and compared with \
      what came true. Rows that the model was trained on are named as such.

      churn, reviews: every row is scored; give rows that the model was not trained on, for its \
      score on others says little.
      """)

  @Option(help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("Rows with the truth in them, a CSV.", valueName: "file"))
  var data: String

  @Option(help: "Sales: where a series lacks a date: error, zero or interpolate. (default: error)")
  var gaps: GapPolicy?

  @Flag(help: "Sales: feed the encoder zeros instead of the past, to see what the past is worth.")
  var zeroHistory = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Churn: the probability from which on a customer counts as gone. (default: the model's)",
      valueName: "probability"))
  var threshold: Double?

  @OptionGroup var device: DeviceOptions

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func validate() throws {
    try require(threshold, in: 0...1, "--threshold")
  }

  func run() throws {
    let task = try TaskName(ofModel: model)
    try task.refuse([
      ("--gaps", gaps != nil, .sales), ("--zero-history", zeroHistory, .sales),
      ("--threshold", threshold != nil, .churn),
    ])
    let backend = try Devices.open(device.device, threads: device.threads)
    let report =
      switch task {
      case .sales: try evaluateSales(on: backend)
      case .churn:
        try ChurnModel(folder: model, on: backend).evaluate(
          Table.read(data), threshold: threshold)
      case .reviews: try evaluateReviews(on: backend)
      }
    if json { return try Console.json(report) }
    Console.result(ReportTable.lines(report, modelName: "this model"))
  }

  private func evaluateSales(on backend: any Backend) throws -> EvaluationReport {
    let sales = try SalesModel(folder: model, on: backend)
    let set = try SeriesSet(
      Table.read(data), columns: sales.preprocessing.columns, gaps: gaps ?? .error)
    return try sales.evaluate(set, hidesHistory: zeroHistory)
  }

  private func evaluateReviews(on backend: any Backend) throws -> EvaluationReport {
    if try ReviewMode(ofModel: model) == .history {
      let history = try HistoryModel(folder: model, on: backend)
      return try history.evaluate(history.read(Table.read(data), for: .evaluation))
    }
    let reviews = try ReviewsModel(folder: model, on: backend)
    return try reviews.evaluate(
      ReviewSet(Table.read(data), columns: reviews.preprocessing.columns, for: .evaluation))
  }
}

extension GapPolicy: ExpressibleByArgument {}
