import SluiceTables

/// The dates and series that a user wants forecast: one row of a table each.
package struct ForecastRequest: Sendable {
  /// The table as read; what is written repeats its columns.
  package var table: Table
  /// For each row, its series: an index into the known keys, or the number of known keys plus an
  /// index into ``unknownKeys``.
  package var series: [Int]
  /// For each row, its step behind the end of the training data: 0 is the first step to forecast,
  /// negative steps lie within the data.
  package var steps: [Int]
  /// Keys that the training data does not hold, sorted.
  package var unknownKeys: [[String]]
  /// `[rows, F]`: the further known columns.
  package var covariates: [Float]

  let columns: SalesColumns
  let grid: TimeGrid
  let format: DateFormat
  let stepCount: Int
  let keys: [[String]]

  /// The number of rows.
  package var count: Int { series.count }
  /// How many steps must be forecast to answer every row.
  package var horizon: Int { (steps.max() ?? -1) + 1 }

  /// Reads a table of dates and series; it needs no target.
  ///
  /// - Parameters:
  ///   - columns: those of the training data. The table has the same, save the target.
  ///   - grid: the grid of the training data.
  ///   - format: how the training data wrote dates; settles dates that can be read in two ways.
  ///   - stepCount: how many steps the training data has: forecasts begin behind them.
  ///   - keys: the keys of the trained series.
  /// - Throws: ``TableError`` for missing columns, and for dates that are none or lie off the grid.
  package init(
    _ table: Table, columns: SalesColumns, grid: TimeGrid, format: DateFormat, stepCount: Int,
    keys: [[String]]
  ) throws(TableError) {
    self.table = table
    self.columns = columns
    self.grid = grid
    self.format = format
    self.stepCount = stepCount
    self.keys = keys

    let dateColumn = try table.column(columns.date)
    let dates = try dateColumn.timestamps(preferring: format)
    var stepOfLevel: [Int] = []
    for (level, row) in zip(dates.levels, dates.firstRows) {
      guard let step = grid.index(of: level) else {
        throw dateColumn.error(
          row,
          what: "\"\(dateColumn.string(row))\" in column \"\(columns.date)\" is not on the grid of "
            + "the training data: one \(grid.step.name) apart, such as "
            + format.string(grid.timestamp(at: stepCount)),
          remedy: "Ask for dates on that grid.")
      }
      stepOfLevel.append(step - stepCount)
    }
    steps = dates.codes.map { stepOfLevel[Int($0)] }

    let (found, ofRow) = try SeriesReader.findSeries(table, columns.series)
    var known: [[String]: Int] = [:]
    for (index, key) in keys.enumerated() { known[key] = index }
    // Numbers written in another way, 01 for 1, name no new series.
    var canonical: [[String]: Int] = [:]
    for (index, key) in keys.enumerated() { canonical[key.map(Self.canonical)] = index }
    var unknown: [[String]] = []
    var seriesOfFound: [Int] = []
    for key in found {
      if let index = known[key] ?? canonical[key.map(Self.canonical)] {
        seriesOfFound.append(index)
      } else {
        seriesOfFound.append(keys.count + unknown.count)
        unknown.append(key)
      }
    }
    unknownKeys = unknown
    series = ofRow.map { seriesOfFound[Int($0)] }

    let width = columns.covariates.count
    covariates = [Float](repeating: 0, count: table.rowCount * width)
    for (c, name) in columns.covariates.enumerated() {
      for (row, value) in try table.column(name).floats().enumerated() {
        covariates[row * width + c] = value
      }
    }
  }

  private static func canonical(_ part: String) -> String {
    guard let number = Double(part), number.isFinite else { return part }
    return "\(number)"
  }

  /// Refuses rows whose date lies within the training data.
  ///
  /// - Parameter remedy: What else can be done but to ask for later dates: `or set …`.
  /// - Throws: ``TableError`` naming the first such row, and how many there are.
  package func requireFuture(remedy: String = "") throws(TableError) {
    guard let row = steps.firstIndex(where: { $0 < 0 }) else { return }
    let column = try table.column(columns.date)
    let count = steps.count { $0 < 0 }
    let last = format.string(grid.timestamp(at: stepCount - 1))
    throw column.error(
      row,
      what:
        "\"\(column.string(row))\" is not behind the end of the data that the model was trained "
        + "on, \(last); \(count) \(count == 1 ? "row" : "rows") of \(self.count)",
      remedy: "Ask for dates from \(format.string(grid.timestamp(at: stepCount))) on"
        + (remedy.isEmpty ? "." : ", \(remedy)."))
  }

  /// Refuses rows further ahead than a model can see.
  ///
  /// - Throws: ``TableError`` naming the first such row.
  package func requireHorizon(atMost limit: Int) throws(TableError) {
    guard let row = steps.firstIndex(where: { $0 >= limit }) else { return }
    let column = try table.column(columns.date)
    throw column.error(
      row,
      what: "\"\(column.string(row))\" lies \(steps[row] + 1) steps behind the end of the training "
        + "data, the model forecasts \(limit)",
      remedy: "Ask for dates up to \(format.string(grid.timestamp(at: stepCount + limit - 1))), or "
        + "train with `horizon: \(horizon)`.")
  }

  /// `[S + unknown, horizon, F]`: the further known columns for every step to forecast.
  ///
  /// - Throws: ``TableError`` when a series that is asked for lacks a row before its last one: the
  ///   network reads every step up to there.
  package func futureCovariates() throws(TableError) -> [Float] {
    let width = columns.covariates.count
    guard width > 0 else { return [] }
    let seriesCount = keys.count + unknownKeys.count
    var rowOfCell = [Int](repeating: -1, count: seriesCount * horizon)
    for row in 0..<count where steps[row] >= 0 {
      let cell = series[row] * horizon + steps[row]
      if rowOfCell[cell] >= 0 { try requireAgreement(rowOfCell[cell], row) }
      rowOfCell[cell] = row
    }
    var result = [Float](repeating: 0, count: seriesCount * horizon * width)
    for s in 0..<seriesCount {
      let rows = rowOfCell[s * horizon..<(s + 1) * horizon]
      guard let last = rows.lastIndex(where: { $0 >= 0 }) else { continue }
      for cell in s * horizon..<(s + 1) * horizon {
        // Behind the last row that is asked for, nothing is read any more.
        let row = rowOfCell[min(cell, last)]
        guard row >= 0 else {
          let date = format.string(grid.timestamp(at: stepCount + cell - s * horizon))
          throw table.error(
            what: "there is no row for \(date)\(suffix(series: s)), but the "
              + "forecast needs \(columns.covariates.joined(separator: ", ")) for every step",
            remedy: "Give one row for each step from the end of the training data on.")
        }
        for c in 0..<width { result[cell * width + c] = covariates[row * width + c] }
      }
    }
    return result
  }

  /// Refuses two rows for one date of one series whose further columns differ: only one can be true.
  private func requireAgreement(_ first: Int, _ second: Int) throws(TableError) {
    let width = columns.covariates.count
    for (c, name) in columns.covariates.enumerated()
    where covariates[first * width + c] != covariates[second * width + c] {
      let column = try table.column(name)
      let date = format.string(grid.timestamp(at: stepCount + steps[second]))
      throw column.error(
        second,
        what: "\(name) is \(column.string(second)) for \(date)\(suffix(series: series[second])), "
          + "but \(column.string(first)) in line \(table.line(of: first))",
        remedy: "Remove one of the two rows, or correct it.")
    }
  }

  /// " of store 1, item 3".
  private func suffix(series: Int) -> String {
    SeriesSet.suffix(
      columns.series, series < keys.count ? keys[series] : unknownKeys[series - keys.count])
  }
}
