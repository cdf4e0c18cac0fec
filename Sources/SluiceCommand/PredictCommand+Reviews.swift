import ArgumentParser
import Sluice
import SluiceTables

extension PredictCommand {
  /// Rates the reviews of a table, or one text.
  func predictReviews(on backend: any Backend) throws {
    if try ReviewMode(ofModel: model) == .history { return try predictHistory(on: backend) }
    let model = try ReviewsModel(folder: model, on: backend)
    if let text {
      return Console.result(try model.rate(text: text).lines)
    }
    guard let data else { return }
    let table = try Table.read(data)
    let bytes = try model.predict(table) { Console.note("warning: \($0)") }
    try write(bytes, ratings: table.rowCount)
  }

  /// Rates the rows of a table from what their users rated before.
  private func predictHistory(on backend: any Backend) throws {
    guard let data else {
      throw ValidationError(
        "this model rates by history, not by text: give it --data FILE with users, items and times")
    }
    let model = try HistoryModel(folder: model, on: backend)
    let table = try Table.read(data)
    let bytes = try model.predict(table) { Console.note("warning: \($0)") }
    try write(bytes, ratings: table.rowCount)
  }

  private func write(_ bytes: [UInt8], ratings: Int) throws {
    try write(bytes)
    if !quiet && !toStandardOutput {
      Console.note("Wrote \(Format.count(ratings)) ratings to \(output).")
    }
  }
}
