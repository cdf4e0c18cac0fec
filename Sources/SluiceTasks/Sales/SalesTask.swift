import SluiceCompute
import SluiceNN
import SluiceReport
import SluiceSettings
import SluiceTables
import SluiceTraining

/// Forecasts of sales, or of any amount over time, for many series at once.
///
/// The last steps are held out first: a model that has not seen them forecasts them, and the report on
/// that stands for what the user may expect. What can be learned from are steps of the time grid.
package struct SalesTask: LearningTask {
  package let settings: SalesSettings
  package let unusedColumns: [String]
  let set: SeriesSet
  /// The set with the series that are too short.
  let whole: SeriesSet
  /// The series that are too short, by name.
  private let dropped: [String]
  /// What was decided where numbers can be read in two ways.
  private let doubts: [String]
  /// What earlier cuts lack.
  private var cutRemark: Remark?

  package static let name = "sales"

  package static let words = TaskWords(
    abstract: "Learns to forecast sales, or any amount over time, for many series at once.",
    discussion: """
      The CSV has a row for each date and series: a column of dates, columns that name the series \
      (store, item, …), the amount. Days, hours, weeks or months: the step is found from the \
      dates; 1, 2, 3 number the steps. Well-known column names are recognised, and columns that \
      alone can be meant; others are named by flags.

      The last --validation steps are held out first, and the report is on them. Then the model is \
      trained once more on all rows, since a forecast starts from today.
      """,
    subject: "sales",
    evaluation: """
      the last horizon of the table is forecast from what lies before it and compared with what came \
      true. Rows that the model was trained on are named as such.
      """,
    prediction: """
      a row for each date and series to forecast; appended are prediction, p10, p90, the median and \
      the bounds between which 8 of 10 true values should lie. Without --data: all series, the whole \
      horizon. With --fitted dates that the model was trained on are answered too (without --data: \
      these alone), each from the history before a cut-off, 1 to horizon steps ahead, never from the day \
      itself; cut-offs lie one horizon apart, back from the end of the training data. The model has \
      learned from these days, so its errors on them are no measure of what lies ahead. A series that the model has not seen is forecast from what it learned about new ones; \
      a warning names it.
      """,
    advice: { model in
      """
      To forecast with it:

        sluice predict --model \(model) --output forecast.csv
      """
    })

  package static func sample(seed: UInt64) -> String { SampleSales(seed: seed).csv() }

  package init(
    _ table: Table, _ settings: SalesSettings, asked: (SalesSettings) throws -> SalesSettings
  ) throws {
    let columns = try SalesColumns.find(in: table, settings.data)
    try self.init(
      SeriesSet(table, columns: columns, gaps: settings.data.gaps), settings,
      unusedColumns: columns.unused(in: table),
      doubts: table.numberDoubts([columns.target] + columns.covariates))
  }

  /// - Throws: ``TableError`` where no series is long enough.
  init(
    _ set: SeriesSet, _ settings: SalesSettings, unusedColumns: [String] = [], doubts: [String] = []
  ) throws {
    let settings = settings.settled(for: set)
    try settings.validate()
    try set.refuseExtremes(horizon: settings.horizonSteps)
    if !settings.model.mixture { try set.refuseNegatives() }
    whole = set
    var set = set
    dropped = try set.dropSeries(
      shorterThan: settings.neededSteps,
      because: "history \(settings.historySteps), horizon \(settings.horizonSteps), "
        + "\(settings.heldOutSteps) held out")
    self.settings = settings
    self.set = set
    self.unusedColumns = unusedColumns
    self.doubts = doubts
    cutRemark = try checkCuts()
  }

  package var roles: String {
    let columns = set.columns
    let series = columns.series.isEmpty ? "(one)" : columns.series.joined(separator: " × ")
    let known = columns.covariates.joined(separator: ", ")
    return "date \(columns.date), series \(series), target \(columns.target)"
      + (known.isEmpty ? "" : ", known ahead \(known)")
  }

  package var summary: String {
    "\(set.seriesCount) series of up to \(set.stepCount) steps of one \(set.grid.step.name), "
      + "\(set.dateText(0)) to \(set.dateText(set.stepCount - 1))"
      + (set.filledCount > 0 ? ", \(set.filledCount) gaps filled" : "")
  }

  package var remarks: [Remark] {
    var remarks = doubts.map { Remark.warning($0) }
    if settings.model.mixture, let season = foundSeason {
      remarks.append(
        .note(
          "steps of one \(set.grid.step.name) name no season; the series repeat themselves every "
            + "\(season) steps, which is taken for one"))
    }
    if let cutRemark { remarks.append(cutRemark) }
    guard !dropped.isEmpty else { return remarks }
    return remarks + [
      .warning(
        "left out \(dropped.count) series with fewer than \(settings.neededSteps) steps (history "
          + "\(settings.historySteps), horizon \(settings.horizonSteps), held out "
          + "\(settings.heldOutSteps)): \(listed(dropped))")
    ]
  }

  /// The season that the steps do not name but show; nil: none.
  private var foundSeason: Int? {
    guard SeasonalNaive.seasons(of: set.grid).isEmpty else { return nil }
    let cut = max(1, set.stepCount - settings.heldOutSteps)
    let found = SeasonLengths(set, cut: cut, horizon: settings.horizonSteps).short
    return found > 0 ? found : nil
  }

  package var rows: [Int] { Array(0..<set.stepCount) }

  package func heldOut() -> HeldOut? {
    let cut = set.stepCount - settings.heldOutSteps
    guard cut < set.stepCount else { return nil }
    let span = (first: set.dateText(cut), last: set.dateText(set.stepCount - 1))
    return HeldOut(
      kept: Array(0..<cut), rows: Array(cut..<set.stepCount),
      note: "on \(span.first) to \(span.last), not seen in training", span: span)
  }

  package func learning(from rows: [Int], on backend: any Backend) throws -> SalesLearning {
    SalesLearning(
      settings.model.mixture
        ? MixtureLearning(set, cut: rows.count, settings, on: backend)
        : try ResidualLearning(set, cut: rows.count, settings, on: backend))
  }

  /// Forecasts what was held out, horizon after horizon, and scores it.
  package func evaluation(of model: Model, on heldOut: HeldOut) throws -> HeldOutEvaluation {
    let evaluation = try evaluation(of: model)
    let report = evaluation.report(
      quantiles: settings.model.quantiles,
      notes: [heldOut.note] + (model.fitted.mixture?.calibration.notes ?? [])
        + [model.intervalNote].compactMap { $0 },
      intervalHint: model.intervalHint(cuts: cutCount))
    return HeldOutEvaluation(report) {
      SalesReport(
        evaluation, set: set, levels: settings.model.quantiles, horizon: settings.horizonSteps
      ).sections
    }
  }

  private func evaluation(of model: Model) throws -> SalesEvaluation {
    var evaluation = SalesEvaluation()
    let fitted = model.fitted
    for start in stride(
      from: fitted.trainedSteps, to: set.stepCount, by: settings.horizonSteps)
    {
      if let mixture = fitted.mixture {
        let known = set.learnable(at: start)
        let forecast = try model.forecastMixture(
          mixture, amounts: known.amounts(upTo: start),
          firstStep: known.firstStep.map { min($0, start) }, units: mixture.units, steps: start,
          origin: 0, smallest: fitted.series.map(\.smallest),
          covariates: known.scaledCovariates(
            upTo: start + fitted.horizon, centres: fitted.covariateCentres,
            scales: fitted.covariateScales))
        evaluation.add(forecast, of: set.asKnown(at: start), start: start)
        continue
      }
      let features = fitted.features(
        of: SalesHistory(set.learnable(at: start), facts: fitted.series, steps: set.stepCount),
        calendar: fitted.calendar(settings.model))
      let forecast = try model.forecaster.forecast(
        SalesDataset(features, on: model.backend), start: start, origin: 0, facts: fitted.series)
      evaluation.add(forecast, of: set.asKnown(at: start), start: start)
    }
    return evaluation
  }

  package static func network(
    member: Int, _ settings: SalesSettings, _ fitted: SalesPreprocessing, on backend: any Backend
  ) throws -> SalesForecastingNetwork {
    if let mixture = fitted.mixture {
      // Of no series at all, it has the columns of any.
      let past = mixture.past(
        amounts: [], firstStep: [], units: [], steps: fitted.trainedSteps, origin: 0, fitted.grid,
        horizon: fitted.horizon, covariates: [], columns: fitted.columns.covariates.count)
      return .mixture(
        mixtureNetwork(
          settings, fitted, on: MixtureReader(past: past, history: fitted.history)))
    }
    let calendarSize = fitted.calendar(settings.model).count
    let covariateCount = fitted.columns.covariates.count
    if settings.model.stack.isEmpty {
      return .encoderDecoder(
        SalesNetwork(
          settings.model, history: fitted.history, horizon: fitted.horizon,
          vocabularies: zip(fitted.columns.series, fitted.vocabularies).map { ($0, $1.count + 1) },
          calendarSize: calendarSize, covariateCount: covariateCount))
    }
    return .stack(
      try SalesStack(
        settings.model, history: fitted.history, horizon: fitted.horizon,
        calendarSize: calendarSize, covariateCount: covariateCount))
  }
}

extension SalesTask {
  static func mixtureNetwork(
    _ settings: SalesSettings, _ fitted: SalesPreprocessing, on reader: MixtureReader
  ) -> MixtureNetwork {
    MixtureNetwork(
      settings.model, history: fitted.history, horizon: fitted.horizon,
      pastColumns: reader.pastColumns, futureColumns: reader.futureColumns,
      baseCount: reader.baseCount)
  }
}

extension TrainedModel<SalesTask> {
  /// - Throws: ``ModelError`` where the networks mix bases.
  var forecaster: SalesForecaster {
    get throws {
      SalesForecaster(
        network: try networks[0].network.residual, quantiles: settings.model.quantiles,
        parameters: networks[0].parameters, preprocessing: fitted)
    }
  }
}
