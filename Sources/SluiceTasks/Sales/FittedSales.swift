import SluicePlatform
import SluiceSettings
import SluiceTables

/// What a model makes of dates that it was trained on: the forecasts that it gives from what lies before
/// a cut-off. The cut-offs lie one horizon apart, back from the end of the training data, so that every
/// date is 1 to horizon steps ahead of one. The day itself is not read, but the weights have learned
/// from it.
struct FittedSales {
  private let model: TrainedModel<SalesTask>
  private let mixture: MixtureFit
  private let request: ForecastRequest?
  /// The forecasts by their cut-off, a step of the grid.
  private var forecasts: [Int: SalesPrediction] = [:]
  /// Those of the rows that lie ahead.
  private var ahead: SalesPrediction?

  /// - Parameter table: Dates and series, ahead too. Nil: all that the model was trained on.
  /// - Throws: ``ModelError`` for a model that keeps too little of its data; `TableError` for rows
  ///   beyond the horizon, and for series that the model has not seen.
  init(_ model: TrainedModel<SalesTask>, _ table: Table?) throws {
    guard let mixture = model.fitted.mixture else {
      throw ModelError(
        nil,
        "this model keeps the last \(model.fitted.history) steps of what it was trained on, too little "
          + "for fitted values",
        remedy: "Leave out `fitted`, or train with `recipe: default`.")
    }
    self.model = model
    self.mixture = mixture
    request = try table.map { try model.request($0) }
    var cuts: Set<Int>
    if let request {
      try request.table.refuse(
        columns: SalesPrediction.columnNames(quantiles: model.settings.model.quantiles))
      try request.requireKnownSeries()
      try request.requireHorizon(atMost: model.fitted.horizon)
      cuts = Set(request.steps.filter { $0 < 0 }.map { cut(ofStep: $0) })
      if request.horizon > 0 { ahead = try model.predictAhead(request) }
    } else {
      cuts = Set((-model.fitted.trainedSteps..<0).map { cut(ofStep: $0) })
    }
    cuts = cuts.filter { cut in model.fitted.series.indices.contains { isKnown($0, at: cut) } }
    for cut in cuts { forecasts[cut] = try forecast(at: cut) }
  }

  /// The last cut-off before a step.
  ///
  /// - Parameter step: Counted from the end of the training data on, so below 0.
  private func cut(ofStep step: Int) -> Int {
    let horizon = model.fitted.horizon
    return model.fitted.trainedSteps + (step - horizon + 1) / horizon * horizon
  }

  /// Whether a series has a past at a cut-off that is long enough to be forecast from.
  private func isKnown(_ series: Int, at cut: Int) -> Bool {
    cut - mixture.firstStep[series] >= min(model.fitted.history, SalesSettings.leastMixturePast)
  }

  private func forecast(at cut: Int) throws -> SalesPrediction {
    let fitted = model.fitted
    let width = fitted.columns.covariates.count
    var amounts: [Float] = []
    var covariates: [Float] = []
    for series in fitted.series.indices {
      let row = series * fitted.trainedSteps
      amounts += mixture.amounts[row..<(row + cut)]
      covariates += mixture.covariates[(row * width)..<((row + cut + fitted.horizon) * width)]
    }
    let forecast = try model.forecastMixture(
      mixture, amounts: amounts, firstStep: mixture.firstStep.map { min($0, cut) },
      units: mixture.units, steps: cut, origin: 0, smallest: fitted.series.map(\.smallest),
      covariates: fitted.standardised(covariates))
    return SalesPrediction(
      forecast: forecast, keys: fitted.series.map(\.key), knownCount: fitted.series.count)
  }

  /// What is added to a row; nil where the past before it is too short.
  private func cells(_ series: Int, _ step: Int) -> [String]? {
    if step >= 0 { return ahead?.cells(series: series, step: step) }
    let cut = cut(ofStep: step)
    guard isKnown(series, at: cut) else { return nil }
    return forecasts[cut]?.cells(
      series: series, step: model.fitted.trainedSteps + step - cut)
  }

  var answers: Answers {
    let columns = SalesPrediction.columnNames(quantiles: model.settings.model.quantiles)
    let known = model.fitted.columns
    var preview = [[known.date] + known.series + columns]
    var missing = 0
    var count = 0
    func add(_ series: Int, _ step: Int) -> [String]? {
      let found = cells(series, step)
      if found == nil { missing += 1 } else { count += 1 }
      if let found, preview.count <= 7 {
        preview.append([model.dateText(step)] + model.fitted.series[series].key + found)
      }
      return found
    }
    var writer: CSVWriter
    if let request {
      writer = CSVWriter(like: request.table)
      writer.appendHeader(of: request.table, adding: columns)
      for row in 0..<request.count {
        let found = add(request.series[row], request.steps[row])
        writer.append(
          row: row, of: request.table, adding: found ?? columns.map { _ in "" })
      }
    } else {
      writer = CSVWriter()
      writer.append(preview[0])
      for series in model.fitted.series.indices {
        for step in (mixture.firstStep[series] - model.fitted.trainedSteps)..<0 {
          guard let found = add(series, step) else { continue }
          writer.append([model.dateText(step)] + model.fitted.series[series].key + found)
        }
      }
    }
    let early =
      "\(missing.grouped) rows lie too near to where their series begins to be forecast from what is "
      + "before: left empty"
    return Answers(
      csv: writer.bytes, warnings: request != nil && missing > 0 ? [early] : [], preview: preview,
      count: count, noun: "fitted values",
      remark:
        "each from what lies before a cut-off, 1 to \(model.fitted.horizon) steps ahead, by a "
        + "model that has learned from it; above, the first \(preview.count - 1)")
  }
}

extension ForecastRequest {
  /// Refuses series that the model was not trained on.
  ///
  /// - Throws: ``TableError`` naming the first row of one.
  fileprivate func requireKnownSeries() throws(TableError) {
    guard let row = series.firstIndex(where: { $0 >= keys.count }) else { return }
    throw TableError(
      file: table.file, line: table.line(of: row),
      what:
        "\(SeriesSet.name(columns.series, unknownKeys[series[row] - keys.count])) was not in the "
        + "training data, so nothing was fitted to it",
      remedy: "Leave out its rows, or `fitted`.")
  }
}
