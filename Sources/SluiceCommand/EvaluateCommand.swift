import ArgumentParser
import Sluice

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a model on a table, beside its baselines.",
    discussion: """
      The last horizon of the table is forecast from what lies before it and compared with what \
      came true. Rows that the model was trained on are named as such.
      """)

  @Option(help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("Dates, series and true sales, a CSV.", valueName: "file"))
  var data: String

  @Option(help: "Where a series lacks a date: error, zero or interpolate.")
  var gaps: GapPolicy = .error

  @Flag(help: "Feed the encoder zeros instead of the past, to see what the past is worth.")
  var zeroHistory = false

  @OptionGroup var device: DeviceOptions

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let task = try TaskName(ofModel: model)
    let backend = try Devices.open(device.device, threads: device.threads)
    let report =
      switch task {
      case .sales: try evaluateSales(on: backend)
      case .churn: try ChurnModel(folder: model, on: backend).evaluate(Table.read(data))
      case .reviews: try evaluateReviews(on: backend)
      }
    if json { return try Console.json(report) }
    Console.result(ReportTable.lines(report, modelName: "this model"))
  }

  private func evaluateSales(on backend: any Backend) throws -> EvaluationReport {
    let sales = try SalesModel(folder: model, on: backend)
    let set = try SeriesSet(Table.read(data), columns: sales.preprocessing.columns, gaps: gaps)
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
