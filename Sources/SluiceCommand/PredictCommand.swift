import ArgumentParser
import Sluice

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes forecasts for the dates asked for.",
    discussion: """
      The file of --data has a row for each date and series to forecast; its columns are repeated \
      and prediction, p10, p90 appended: the median, and the bounds between which 8 of 10 true \
      values should lie.

      A series that the model has not seen is forecast from what it learned about new ones; a \
      warning names it.
      """)

  @Option(help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The dates and series to forecast, a CSV. (default: all series, the whole horizon)",
      valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp("Where the forecasts go, a CSV; - for standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Write `id,sales` as the store-item competition takes it; needs a column `id`.")
  var kaggle = false

  @OptionGroup var device: DeviceOptions

  @Flag(help: "No preview and no notes; warnings and errors only.")
  var quiet = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output needs the name of a file, or -") }
    if kaggle && data == nil {
      throw ValidationError("--kaggle needs --data with the rows to forecast, such as test.csv")
    }
  }

  func run() throws {
    let backend = try Devices.open(device.device, threads: device.threads)
    let sales = try SalesModel(folder: model, on: backend)
    let bytes: [UInt8]
    let prediction: SalesPrediction
    let rows: Int
    var asked: ForecastRequest?
    if let data {
      let request = try sales.request(Table.read(data))
      asked = request
      prediction = try sales.predict(request)
      bytes = kaggle ? try request.submission(prediction) : request.csv(prediction)
      rows = request.count
    } else {
      prediction = try sales.predict()
      bytes = sales.csv(prediction)
      rows = prediction.keys.count * sales.preprocessing.horizon
    }
    let toStandardOutput = output == "-"
    if toStandardOutput {
      Console.write(bytes, to: 1)
    } else {
      try AtomicFile.write(bytes, to: output)
    }
    warnOfNewSeries(prediction, sales.preprocessing.columns.series)
    if !quiet && !toStandardOutput { preview(sales, prediction, asked, rows: rows) }
  }

  private func warnOfNewSeries(_ prediction: SalesPrediction, _ columns: [String]) {
    let new = prediction.keys[prediction.knownCount...]
    guard let first = new.first else { return }
    let name = zip(columns, first).map { "\($0) \($1)" }.joined(separator: ", ")
    let others = new.count > 1 ? " and \(new.count - 1) more" : ""
    Console.note(
      "warning: \(name)\(others): not in the training data, forecast as an unknown series")
  }

  /// The first rows that were asked for.
  private func preview(
    _ sales: SalesModel, _ prediction: SalesPrediction, _ request: ForecastRequest?, rows: Int
  ) {
    let columns = sales.preprocessing.columns
    var table = TextTable([columns.date] + columns.series + prediction.columnNames)
    let shown = min(7, rows)
    for row in 0..<shown {
      let series = request?.series[row] ?? row / sales.preprocessing.horizon
      let step = request?.steps[row] ?? row % sales.preprocessing.horizon
      table.add(
        [sales.dateText(step)] + prediction.keys[series]
          + prediction.cells(series: series, step: step))
    }
    for line in table.lines { Console.note("  " + line) }
    Console.note("\nWrote \(Format.count(rows)) forecasts to \(output); above, the first \(shown).")
  }
}
