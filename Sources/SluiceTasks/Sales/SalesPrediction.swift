import SluicePlatform
import SluiceSettings
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

extension SalesTask {
  /// What a prediction may be asked besides.
  package struct PredictionOptions: SettingsBlock {
    @Setting(
      "Write `id,sales` as the store-item competition takes it; needs a column `id`.",
      flag: "kaggle")
    package var kaggle = false
    @Setting(
      "Answer dates that the model was trained on too, each from what lies before a cut-off: the "
        + "cut-offs are one horizon apart, back from the end of the training data.", flag: "fitted")
    package var fitted = false

    package init() {}
  }

  package static func predict(_ model: Model, for table: Table?, _ options: PredictionOptions)
    throws
    -> Answers
  {
    if options.fitted {
      guard !options.kaggle else {
        throw SettingError(
          "kaggle", "is for dates ahead", remedy: "Leave out `fitted`.", source: .caller)
      }
      return try FittedSales(model, table).answers
    }
    let request = try table.map { try model.request($0) }
    if options.kaggle, request == nil {
      throw SettingError(
        "kaggle", "is for the rows of a table, and none was given",
        remedy: "Give the rows to forecast, such as test.csv.", source: .caller)
    }
    let prediction = try request.map { try model.predict($0) } ?? model.predict()
    let count = request?.count ?? prediction.keys.count * model.fitted.horizon
    let csv =
      try request.map { options.kaggle ? try $0.submission(prediction) : $0.csv(prediction) }
      ?? model.csv(prediction)
    return Answers(
      csv: csv, warnings: model.warnings(prediction),
      preview: model.preview(prediction, request, rows: min(7, count)), count: count,
      noun: "forecasts", remark: "above, the first \(min(7, count))")
  }
}

extension TrainedModel<SalesTask> {
  /// Forecasts every known series from the end of the training data on.
  func predict() throws -> SalesPrediction {
    guard fitted.columns.covariates.isEmpty else {
      throw ModelError(
        nil,
        "this model needs \(fitted.columns.covariates.joined(separator: ", ")) for every step ahead",
        remedy: "Give a CSV with the dates to forecast and these columns.")
    }
    return try predict(newKeys: [], futureCovariates: nil)
  }

  /// Forecasts what a table asks for.
  ///
  /// New series are forecast from the embedding of the unknown and the past of the average series.
  ///
  /// - Throws: `TableError` for rows that lie in the past or beyond the horizon.
  func predict(_ request: ForecastRequest) throws -> SalesPrediction {
    try request.requireFuture(remedy: "or set `fitted: true` for what it makes of these dates")
    return try predictAhead(request)
  }

  /// The same of the rows that lie ahead; others are left aside.
  func predictAhead(_ request: ForecastRequest) throws -> SalesPrediction {
    try request.table.refuse(
      columns: SalesPrediction.columnNames(quantiles: settings.model.quantiles))
    try request.requireHorizon(atMost: fitted.horizon)
    var future: [Float]?
    if !fitted.columns.covariates.isEmpty {
      future = pad(
        try request.futureCovariates(), from: request.horizon, to: fitted.horizon,
        width: fitted.columns.covariates.count)
    }
    return try predict(newKeys: request.unknownKeys, futureCovariates: future)
  }

  /// Reads the rows that a table asks for.
  func request(_ table: Table) throws -> ForecastRequest {
    try ForecastRequest(
      table, columns: fitted.columns, grid: fitted.grid, format: fitted.dateFormat,
      stepCount: fitted.trainedSteps, keys: fitted.series.map(\.key))
  }

  private func predict(newKeys: [[String]], futureCovariates: [Float]?) throws -> SalesPrediction {
    if let mixture = fitted.mixture {
      return try predict(mixture, newKeys: newKeys, futureCovariates: futureCovariates)
    }
    let known = fitted.series.count
    let steps = fitted.history
    let width = fitted.columns.covariates.count
    let coldStart = fitted.coldStart
    let facts = fitted.series + newKeys.map { coldStart.facts(of: $0) }
    let blank = newKeys.count * steps
    let history = SalesHistory(
      facts: facts, values: fitted.recentValues + [Float](repeating: 0, count: blank),
      covariates: fitted.recentCovariates
        + newCovariates(count: newKeys.count, steps: steps, width: width),
      firstStep: [Int](repeating: 0, count: known)
        + [Int](repeating: steps, count: newKeys.count),
      steps: steps, origin: fitted.trainedSteps - steps)
    let features = fitted.features(
      of: history, calendar: fitted.calendar(settings.model),
      futureCovariates: futureCovariates, knowsLevels: true)
    let forecast = try forecaster.forecast(
      SalesDataset(features, on: backend), start: steps, origin: history.origin,
      facts: facts, lacksHistory: { $0 >= known })
    return SalesPrediction(forecast: forecast, keys: facts.map(\.key), knownCount: known)
  }

  private func predict(
    _ mixture: MixtureFit, newKeys: [[String]], futureCovariates: [Float]?
  ) throws -> SalesPrediction {
    let keys = fitted.series.map(\.key)
    let steps = fitted.trainedSteps
    let strangers = mixture.strangers(newKeys, known: keys, steps: steps)
    let width = fitted.columns.covariates.count
    var covariates: [Float] = []
    if let futureCovariates {
      let past =
        mixture.covariates + newCovariates(count: newKeys.count, steps: steps, width: width)
      let (known, ahead) = (steps * width, fitted.horizon * width)
      for series in 0..<(keys.count + newKeys.count) {
        covariates += past[(series * known)..<((series + 1) * known)]
        covariates += futureCovariates[(series * ahead)..<((series + 1) * ahead)]
      }
      covariates = fitted.standardised(covariates)
    }
    let forecast = try forecastMixture(
      mixture, amounts: mixture.amounts + strangers.amounts,
      firstStep: mixture.firstStep + newKeys.map { _ in 0 },
      units: mixture.units + strangers.units, steps: steps, origin: 0,
      smallest: fitted.series.map(\.smallest)
        + newKeys.map { fitted.coldStart.facts(of: $0).smallest },
      covariates: covariates)
    return SalesPrediction(forecast: forecast, keys: keys + newKeys, knownCount: keys.count)
  }

  /// The past covariates of new series: their means.
  private func newCovariates(count: Int, steps: Int, width: Int) -> [Float] {
    (0..<(count * steps)).flatMap { _ in fitted.covariateCentres }
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

extension SalesPreprocessing {
  /// `[…, X]` less the mean of each covariate, in units of its standard deviation.
  func standardised(_ covariates: [Float]) -> [Float] {
    let width = max(1, columns.covariates.count)
    return covariates.indices.map {
      (covariates[$0] - covariateCentres[$0 % width]) / covariateScales[$0 % width]
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
    let size = abs(value)
    guard size >= 1e-4 || size == 0, size < 1e9 else { return "\(value)" }
    var unit: Float = 1000
    var scale = 1000.0
    while size < unit && scale < 1e8 {
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

extension TrainedModel<SalesTask> {
  /// All that a model forecasts, as CSV: date, series, forecast.
  func csv(_ prediction: SalesPrediction) -> [UInt8] {
    var writer = CSVWriter()
    writer.append(header(prediction))
    for (series, key) in prediction.keys.enumerated() {
      for step in 0..<fitted.horizon {
        writer.append([dateText(step)] + key + prediction.cells(series: series, step: step))
      }
    }
    return writer.bytes
  }

  private func header(_ prediction: SalesPrediction) -> [String] {
    [fitted.columns.date] + fitted.columns.series + prediction.columnNames
  }

  /// The date of a step ahead, 0 the first, as the training data wrote dates.
  func dateText(_ step: Int) -> String {
    fitted.dateFormat.string(fitted.grid.timestamp(at: fitted.trainedSteps + step))
  }

  fileprivate func preview(
    _ prediction: SalesPrediction, _ request: ForecastRequest?, rows: Int
  ) -> [[String]] {
    [header(prediction)]
      + (0..<rows).map { row in
        let series = request?.series[row] ?? row / fitted.horizon
        let step = request?.steps[row] ?? row % fitted.horizon
        return [dateText(step)] + prediction.keys[series]
          + prediction.cells(series: series, step: step)
      }
  }

  fileprivate func warnings(_ prediction: SalesPrediction) -> [String] {
    let new = prediction.keys[prediction.knownCount...]
    guard let first = new.first else { return [] }
    let name = zip(fitted.columns.series, first).map { "\($0) \($1)" }.joined(separator: ", ")
    let others = new.count > 1 ? " and \(new.count - 1) more" : ""
    return ["\(name)\(others): not in the training data, forecast as an unknown series"]
  }
}
