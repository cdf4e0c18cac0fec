import SluiceTables

/// What lies between a table and the networks, fitted on the training customers alone.
package struct ChurnPreprocessing: FittedState {
  package var columns: ChurnColumns
  /// One for each input.
  var encoders: [ColumnEncoder]
  /// Customers trained on, and those of them who are gone.
  package var customers: Int
  package var gone: Int
  /// Makes the members' mean probability honest.
  package var calibration = TemperatureScaling()
  /// From which probability on a customer counts as gone.
  package var threshold = 0.5
  /// The linear model on the same customers.
  package var baseline: LogisticRegression

  /// Fits on some customers of a table.
  ///
  /// - Parameters:
  ///   - chosen: The customers to learn from.
  ///   - labels: `[chosen]`: who of them is gone.
  /// - Throws: ``TableError``.
  init(
    _ table: CustomerTable, chosen: [Int], labels: [Bool], model: ChurnModelSettings
  ) throws {
    columns = table.columns
    customers = chosen.count
    gone = labels.count { $0 }
    let rows = chosen.flatMap { table.recentRows(of: $0, limit: model.history).map(Int.init) }
    encoders = try table.columns.inputs.map { input in
      if input.kind == .gap {
        return ColumnEncoder(input, fittedTo: rows.map { table.gaps[$0] }, bins: model.bins)
      }
      return ColumnEncoder(
        input, fittedTo: try table.table.column(input.name), rows: rows, bins: model.bins,
        rarest: model.rarest)
    }
    baseline = LogisticRegression(
      fittedTo: SparseRows(columnCount: 0), labels: [], classCount: 2)
  }

  package func check(_ settings: ChurnSettings) throws(Damage) {
    try Damage.unless(
      encoders.count == columns.inputs.count && !encoders.isEmpty
        && zip(encoders, columns.inputs).allSatisfy { $0.name == $1.name && $0.kind == $1.kind }
        && encoders.allSatisfy { $0.isPlausible(bins: settings.model.bins) }, "`encoders`")
    try Damage.unless(
      columns.time == nil
        ? !columns.inputs.contains { $0.kind == .gap } : columns.identifiers.count == 1, "`columns`"
    )
    try Damage.unless(
      calibration.temperature.isFinite && calibration.temperature > 0, "`calibration`")
    try Damage.unless((0...1).contains(threshold), "`threshold`")
    try Damage.unless(
      baseline.isPlausible && baseline.classCount == 2
        && baseline.columnCount == LinearFeatures.columnCount(encoders), "`baseline`")
  }
}

extension CustomerTable {
  /// The latest rows of a customer, the earliest of them first.
  func recentRows(of customer: Int, limit: Int) -> ArraySlice<Int32> {
    rows[customer].suffix(limit)
  }
}
