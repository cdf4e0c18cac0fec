import SluiceTables

/// A forecast for the rows of a request, and what its reader must know.
package struct SalesPrediction: Sendable {
  /// The forecast of every series that is asked for, known ones first.
  package var forecast: SalesForecast
  /// The known series and, behind them, the new ones.
  package var keys: [[String]]
  /// Where the known series end in `keys`.
  package var knownCount: Int
}

extension SalesModel {
  /// Forecasts every known series from the end of the training data on.
  package func predict() throws -> SalesPrediction {
    guard preprocessing.columns.covariates.isEmpty else {
      throw ModelError(
        "this model needs \(preprocessing.columns.covariates.joined(separator: ", ")) for every "
          + "step ahead. Give --data a CSV with the dates to forecast and these columns.")
    }
    return try predict(newKeys: [], futureCovariates: nil)
  }

  /// Forecasts what a table asks for.
  ///
  /// New series are forecast from the embedding of the unknown and the past of the average series.
  ///
  /// - Throws: `TableError` for rows that lie in the past or beyond the horizon.
  package func predict(_ request: ForecastRequest) throws -> SalesPrediction {
    let added = SalesPrediction.columnNames(quantiles: configuration.model.quantiles)
    if let taken = added.first(where: request.table.header.contains) {
      throw request.table.error(
        what: "there is a column \"\(taken)\" already, which the forecast would add",
        remedy: "Remove or rename it.")
    }
    try request.requireFuture()
    try request.requireHorizon(atMost: preprocessing.horizon)
    var future: [Float]?
    if !preprocessing.columns.covariates.isEmpty {
      future = pad(
        try request.futureCovariates(), from: request.horizon, to: preprocessing.horizon,
        width: preprocessing.columns.covariates.count)
    }
    return try predict(newKeys: request.unknownKeys, futureCovariates: future)
  }

  /// Reads the rows that a table asks for.
  package func request(_ table: Table) throws -> ForecastRequest {
    try ForecastRequest(
      table, columns: preprocessing.columns, grid: preprocessing.grid,
      format: preprocessing.dateFormat, stepCount: preprocessing.trainedSteps,
      keys: preprocessing.series.map(\.key))
  }

  private func predict(newKeys: [[String]], futureCovariates: [Float]?) throws -> SalesPrediction {
    let known = preprocessing.series.count
    let steps = preprocessing.history
    let width = preprocessing.columns.covariates.count
    let coldStart = preprocessing.coldStart
    let facts = preprocessing.series + newKeys.map { coldStart.facts(of: $0) }
    let blank = newKeys.count * steps
    let history = SalesHistory(
      facts: facts, values: preprocessing.recentValues + [Float](repeating: 0, count: blank),
      covariates: preprocessing.recentCovariates
        + newCovariates(count: newKeys.count, steps: steps, width: width),
      firstStep: [Int](repeating: 0, count: known)
        + [Int](repeating: steps, count: newKeys.count),
      steps: steps, origin: preprocessing.trainedSteps - steps)
    let features = preprocessing.features(
      of: history, calendar: preprocessing.calendar(configuration.model),
      futureCovariates: futureCovariates, knowsLevels: true)
    let forecast = try forecaster.forecast(
      SalesDataset(features, on: parameters.backend), start: steps, origin: history.origin,
      facts: facts, lacksHistory: { $0 >= known })
    return SalesPrediction(forecast: forecast, keys: facts.map(\.key), knownCount: known)
  }

  /// The past covariates of new series: their means.
  private func newCovariates(count: Int, steps: Int, width: Int) -> [Float] {
    (0..<(count * steps)).flatMap { _ in preprocessing.covariateCentres }
  }

  /// Stretches `[S, from, X]` to `[S, to, X]`, holding the last step. What is added is not read by
  /// any step that was asked for.
  private func pad(_ values: [Float], from: Int, to: Int, width: Int) -> [Float] {
    guard from < to, from > 0 else { return values }
    let series = values.count / (from * width)
    return (0..<series).flatMap { index in
      (0..<to).flatMap { step in
        let row = (index * from + min(step, from - 1)) * width
        return values[row..<(row + width)]
      }
    }
  }
}

extension SalesPrediction {
  /// The names of the columns that a forecast adds to a table: `prediction`, `p10`, `p90`.
  package var columnNames: [String] { Self.columnNames(quantiles: forecast.quantiles) }

  static func columnNames(quantiles: [Double]) -> [String] {
    guard quantiles.count > 1, let low = quantiles.first, let high = quantiles.last else {
      return ["prediction"]
    }
    return ["prediction", Self.name(low), Self.name(high)]
  }

  /// What a forecast adds to a row.
  package func cells(series: Int, step: Int) -> [String] {
    let places =
      forecast.quantiles.count > 1
      ? [forecast.median, 0, forecast.quantiles.count - 1] : [forecast.median]
    return places.map {
      Self.text(forecast.value(series: series, step: step, quantile: $0))
    }
  }

  private static func name(_ quantile: Double) -> String {
    let percent = quantile * 100
    let whole = percent.rounded()
    return abs(percent - whole) < 1e-3 ? "p\(Int(whole))" : "p\(percent)"
  }

  /// Six digits: more than any forecast is good for.
  static func text(_ value: Float) -> String {
    guard value >= 1e-4 || value == 0, value < 1e9 else { return "\(value)" }
    var unit: Float = 1000
    var scale = 1000.0
    while value < unit && scale < 1e8 {
      unit /= 10
      scale *= 10
    }
    // Between 3 and 8 places behind the point.
    scale = max(1000, scale / 10)
    return "\((Double(value) * scale).rounded() / scale)"
  }
}

extension ForecastRequest {
  /// The rows of the request with the forecast behind them, as CSV.
  package func csv(_ prediction: SalesPrediction) -> [UInt8] {
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: prediction.columnNames)
    for row in 0..<count {
      writer.append(
        row: row, of: table, adding: prediction.cells(series: series[row], step: steps[row]))
    }
    return writer.bytes
  }

  /// A submission in the form that Kaggle's store-item competition takes: `id` and the target, row
  /// for row.
  ///
  /// - Throws: `TableError` where the table has no column `id`.
  package func submission(_ prediction: SalesPrediction) throws -> [UInt8] {
    let id = try table.column("id")
    var writer = CSVWriter()
    writer.append(["id", columns.target])
    let median = prediction.forecast.median
    for row in 0..<count {
      let value = prediction.forecast.value(
        series: series[row], step: steps[row], quantile: median)
      writer.append([id.string(row), SalesPrediction.text(value)])
    }
    return writer.bytes
  }
}

extension SalesModel {
  /// All that a model forecasts, as CSV: date, series, forecast.
  package func csv(_ prediction: SalesPrediction) -> [UInt8] {
    var writer = CSVWriter()
    writer.append(
      [preprocessing.columns.date] + preprocessing.columns.series + prediction.columnNames)
    for (series, key) in prediction.keys.enumerated() {
      for step in 0..<preprocessing.horizon {
        writer.append([dateText(step)] + key + prediction.cells(series: series, step: step))
      }
    }
    return writer.bytes
  }

  /// The date of a step ahead, 0 the first, as the training data wrote dates.
  package func dateText(_ step: Int) -> String {
    preprocessing.dateFormat.string(
      preprocessing.grid.timestamp(at: preprocessing.trainedSteps + step))
  }
}
