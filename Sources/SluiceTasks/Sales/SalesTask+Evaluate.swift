import SluicePlatform
import SluiceSettings
import SluiceTables

extension SalesTask {
  /// What an evaluation may be asked besides.
  package struct EvaluationOptions: SettingsBlock {
    @Setting(
      "Where a series lacks a date: error, zero or interpolate. (default: as in training)",
      flag: "gaps")
    package var gaps: GapPolicy? = nil
    @Setting(
      "Feed the encoder zeros instead of the past, to see what the past is worth.",
      flag: "zero-history")
    package var zeroHistory = false
    @Setting(
      "Cuts in time to score the model at as it is, each one horizon before the next; mean and spread.",
      in: 1...100, flag: "folds")
    package var folds = 1

    package init() {}
  }

  /// Forecasts the last horizon of a table from what lies before it, and scores that.
  ///
  /// - Parameter table: On the grid of the training data: as far back as the encoder reads, and one
  ///   horizon more. More past makes the baselines better.
  /// - Throws: `TableError` where the table is too short or on another grid.
  package static func evaluate(_ model: Model, on table: Table, _ options: EvaluationOptions) throws
    -> EvaluationReport
  {
    let set = try SeriesSet(
      table, columns: model.fitted.columns, gaps: options.gaps ?? model.settings.data.gaps,
      format: model.fitted.dateFormat)
    var report = try evaluate(model, on: set, options)
    if options.folds > 1 {
      report.backtest = try backtest(model, on: set, report, options)
      if let note = model.fitted.note(onCuts: options.folds, of: set) { report.notes.append(note) }
    }
    return report
  }

  /// - Parameter set: To its end, and from its beginning on.
  private static func evaluate(
    _ model: Model, on set: SeriesSet, _ options: EvaluationOptions
  ) throws -> EvaluationReport {
    let fitted = model.fitted
    var set = set
    let horizon = fitted.horizon
    let dropped = try set.dropSeries(
      shorterThan: fitted.history + horizon,
      because: "\(fitted.history) that the model reads and \(horizon) that it forecasts",
      remedy: fitted.remedy(forShort: set))
    guard set.grid.step == fitted.grid.step, let origin = fitted.grid.index(of: set.grid.start)
    else {
      throw TableError(
        file: set.file,
        what: "its dates are one \(set.grid.step.name) apart from \(set.dateText(0)), those of the "
          + "training data one \(fitted.grid.step.name) apart from "
          + fitted.dateFormat.string(fitted.grid.start),
        remedy: "Evaluate on data of the same step.")
    }
    let start = set.stepCount - horizon
    set = set.asKnown(at: start)
    let known = set.learnable(at: start)
    if let mixture = fitted.mixture {
      let units = Dictionary(
        zip(fitted.series.map(\.key), mixture.units), uniquingKeysWith: { first, _ in first })
      let smallest = Dictionary(
        fitted.series.map { ($0.key, $0.smallest) }, uniquingKeysWith: { first, _ in first })
      let forecast = try model.forecastMixture(
        mixture, amounts: known.amounts(upTo: start), firstStep: known.firstStep,
        units: known.keys.indices.map { units[known.keys[$0]] ?? known.unit(of: $0, until: start) },
        steps: start, origin: origin,
        smallest: known.keys.map { smallest[$0] ?? fitted.coldStart.facts(of: $0).smallest },
        covariates: known.scaledCovariates(
          upTo: set.stepCount, centres: fitted.covariateCentres, scales: fitted.covariateScales),
        hidesHistory: options.zeroHistory)
      return report(model, forecast, set, start: start, origin: origin, dropped, options)
    }
    try set.refuseNegatives()
    let facts = fitted.facts(of: known, until: start, origin: origin)
    let features = fitted.features(
      of: SalesHistory(known, facts: facts, steps: set.stepCount, origin: origin),
      calendar: fitted.calendar(model.settings.model))
    let forecast = try model.forecaster.forecast(
      SalesDataset(features, on: model.backend), start: start, origin: origin, facts: facts,
      hidesHistory: options.zeroHistory)
    return report(model, forecast, set, start: start, origin: origin, dropped, options)
  }

  /// Scores the model at cuts one horizon apart; nothing is trained.
  ///
  /// - Parameter last: The scores at the last of them.
  private static func backtest(
    _ model: Model, on set: SeriesSet, _ last: EvaluationReport, _ options: EvaluationOptions
  ) throws -> Backtest {
    let horizon = model.fitted.horizon
    var cuts: [Backtest.Cut] = []
    for before in 0..<options.folds {
      let end = set.stepCount - before * horizon
      var report = last
      if before > 0 {
        do {
          guard let part = set.beginning(end) else { throw set.noSeries(before: end) }
          report = try evaluate(model, on: part, options)
        } catch let error as TableError {
          throw SettingError.tooManyCuts(options.folds, fitting: before, apart: horizon, error)
        }
      }
      cuts.append(
        Backtest.Cut(
          first: set.dateText(end - horizon), last: set.dateText(end - 1), report: report))
    }
    return Backtest(cuts.reversed(), isRetrained: false)
  }

  private static func report(
    _ model: Model, _ forecast: SalesForecast, _ set: SeriesSet, start: Int, origin: Int,
    _ dropped: [String], _ options: EvaluationOptions
  ) -> EvaluationReport {
    let fitted = model.fitted
    var evaluation = SalesEvaluation()
    evaluation.add(forecast, of: set, start: start)
    var notes = fitted.notes(on: set, start: start, origin: origin)
    if let first = dropped.first {
      notes.append("\(dropped.count) series are too short and left out, such as \(first)")
    }
    if options.zeroHistory { notes.append("the encoder read zeros instead of the past") }
    return evaluation.report(
      quantiles: forecast.quantiles, notes: notes,
      intervalHint: model.intervalHint(cuts: options.folds))
  }
}

extension SalesPreprocessing {
  /// The facts of each series: as fitted for the known ones; for others from their own last year.
  fileprivate func facts(of set: SeriesSet, until start: Int, origin: Int) -> [SeriesFacts] {
    let fitted = Dictionary(
      series.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let coldStart = coldStart
    return set.keys.enumerated().map { series, key in
      if let known = fitted[key] { return known }
      var facts = coldStart.facts(of: key)
      guard decomposition != nil else { return facts }
      facts.unit = SeriesFacts.unit(forMean: set.meanOfPositive(series: series, until: start))
      let first = max(set.firstStep[series], start - set.grid.stepsPerYear)
      let sum = (first..<start).reduce(0.0) { sum, step in
        sum + Double(log1p(set[series, step] / facts.unit) - base(origin + step))
      }
      facts.offset = Float(sum / Double(start - first)) - averageLevel
      return facts
    }
  }

  /// What to do where a table is too short to be evaluated.
  fileprivate func remedy(forShort set: SeriesSet) -> String {
    let first = grid.index(of: set.grid.start)
    return first.map { $0 >= trainedSteps - 1 } == true
      ? "These rows lie behind the training data: put its last \(history) steps or more above them, in "
        + "the same file."
      : "Give as many rows before those to be scored."
  }

  /// Says where a model is scored on what it has learned from; nil: at no cut.
  fileprivate func note(onCuts cuts: Int, of set: SeriesSet) -> String? {
    guard let origin = grid.index(of: set.grid.start) else { return nil }
    let seen = (0..<cuts).count { origin + set.stepCount - ($0 + 1) * horizon < trainedSteps }
    guard seen > 0 else { return nil }
    return
      "at \(seen) of the \(cuts) cuts the model is scored on rows that it was trained on, which "
      + "flatters it; a backtest of `train` trains anew before each cut"
  }

  fileprivate func notes(on set: SeriesSet, start: Int, origin: Int) -> [String] {
    var notes = ["forecast from \(set.dateText(start)) to \(set.dateText(set.stepCount - 1))"]
    let scored = (origin + start)..<(origin + set.stepCount)
    let seen = scored.clamped(to: 0..<trainedSteps).count
    if seen > 0 {
      notes.append(
        "\(seen) of the \(horizon) steps were in the training data; the report of `train` is on rows "
          + "that the model had not seen")
    }
    let known = Set(series.map(\.key))
    let unknown = set.keys.indices.filter { !known.contains(set.keys[$0]) }
    if let first = unknown.first {
      notes.append("\(unknown.count) series are new to the model, such as \(set.name(of: first))")
    }
    return notes
  }
}
