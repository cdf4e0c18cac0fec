import Sluice
import SluiceTables

extension PredictCommand {
  /// Forecasts what is asked for, or everything there is to forecast.
  func predictSales(on backend: any Backend) throws {
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
    try write(bytes)
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
