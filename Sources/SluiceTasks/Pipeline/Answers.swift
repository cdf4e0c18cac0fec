import SluiceSettings
import SluiceTables

/// What a model says of the rows that it was asked about.
package struct Answers {
  /// The rows with the answers behind them, as CSV. Nil: the answer is ``lines`` alone.
  package var csv: [UInt8]?
  /// For people, where one thing was asked.
  package var lines: [String] = []
  /// What the reader must know: unknown series, missing columns.
  package var warnings: [String] = []
  /// Some of the answers, to be seen at once: a header and rows.
  package var preview: [[String]] = []
  /// How many there are, of what: `1,200 forecasts`, and what the preview shows.
  package var count: Int
  package var noun: String
  package var remark: String = ""
}

extension Table? {
  /// The table that a task cannot do without.
  ///
  /// - Parameter what: What is to be given: `the customers to score`.
  /// - Throws: ``SettingError`` where there is none.
  func given(_ what: String) throws -> Table {
    if let self { return self }
    throw SettingError("data.path", "is not given", remedy: "Give \(what).", source: .caller)
  }
}
