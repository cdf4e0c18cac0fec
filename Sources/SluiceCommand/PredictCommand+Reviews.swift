import Sluice

extension PredictCommand {
  /// Rates the reviews of a table, or one text.
  func predictReviews(on backend: any Backend) throws {
    let model = try ReviewsModel(folder: model, on: backend)
    if let text {
      return Console.result(try model.rate(text: text).lines)
    }
    guard let data else { return }
    let table = try Table.read(data)
    let bytes = try model.predict(table) { Console.note("warning: \($0)") }
    try write(bytes)
    if !quiet && !toStandardOutput {
      Console.note("Wrote \(Format.count(table.rowCount)) ratings to \(output).")
    }
  }
}
