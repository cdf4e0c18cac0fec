import SluicePlatform
import SluiceTables

extension SalesModel {
  /// Forecasts the last horizon of a table from what lies before it, and scores that.
  ///
  /// - Parameters:
  ///   - set: Sales on the grid of the training data: as far back as the encoder reads, and one
  ///     horizon more. More past makes the baselines better.
  ///   - hidesHistory: Feeds the encoder zeros instead of the past, to see what it is worth.
  /// - Throws: `TableError` where the table is too short or on another grid.
  package func evaluate(_ set: SeriesSet, hidesHistory: Bool = false) throws -> EvaluationReport {
    var set = set
    let horizon = preprocessing.horizon
    let needed = preprocessing.history + horizon
    let dropped = try set.dropSeries(shorterThan: needed)
    guard set.grid.step == preprocessing.grid.step,
      let origin = preprocessing.grid.index(of: set.grid.start)
    else {
      throw TableError(
        file: set.file,
        what: "its dates are one \(set.grid.step.name) apart from \(set.dateText(0)), those of the "
          + "training data one \(preprocessing.grid.step.name) apart from "
          + preprocessing.dateFormat.string(preprocessing.grid.start),
        remedy: "Evaluate on data of the same step.")
    }
    let start = set.stepCount - horizon
    set = set.asKnown(at: start)
    let known = set.learnable(at: start)
    let facts = facts(of: known, until: start, origin: origin)
    let features = preprocessing.features(
      of: SalesHistory(known, facts: facts, steps: set.stepCount, origin: origin),
      calendar: preprocessing.calendar(configuration.model))
    let forecast = try forecaster.forecast(
      SalesDataset(features, on: parameters.backend), start: start, origin: origin, facts: facts,
      hidesHistory: hidesHistory)
    var evaluation = SalesEvaluation()
    evaluation.add(forecast, of: set, start: start)
    return evaluation.report(
      quantiles: forecast.quantiles,
      notes: notes(set, start: start, origin: origin, dropped: dropped, hidesHistory))
  }

  /// The facts of each series: as fitted for the known ones; for others from their own last year.
  private func facts(of set: SeriesSet, until start: Int, origin: Int) -> [SeriesFacts] {
    let fitted = Dictionary(
      preprocessing.series.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let coldStart = preprocessing.coldStart
    return set.keys.enumerated().map { series, key in
      if let known = fitted[key] { return known }
      var facts = coldStart.facts(of: key)
      guard configuration.model.decomposition else { return facts }
      facts.unit = SeriesFacts.unit(forMean: set.meanOfPositive(series: series, until: start))
      let first = max(set.firstStep[series], start - set.grid.stepsPerYear)
      let sum = (first..<start).reduce(0.0) { sum, step in
        sum + Double(log1p(set[series, step] / facts.unit) - preprocessing.base(origin + step))
      }
      facts.offset = Float(sum / Double(start - first)) - preprocessing.averageLevel
      return facts
    }
  }

  private func notes(
    _ set: SeriesSet, start: Int, origin: Int, dropped: [String], _ hidesHistory: Bool
  ) -> [String] {
    var notes: [String] = []
    notes.append("forecast from \(set.dateText(start)) to \(set.dateText(set.stepCount - 1))")
    let scored = (origin + start)..<(origin + set.stepCount)
    let seen = scored.clamped(to: 0..<preprocessing.trainedSteps).count
    if seen > 0 {
      notes.append(
        "\(seen) of the \(preprocessing.horizon) steps were in the training data; "
          + "the report of `train` is on rows that the model had not seen")
    }
    let known = Set(preprocessing.series.map(\.key))
    let unknown = set.keys.indices.filter { !known.contains(set.keys[$0]) }
    if let first = unknown.first {
      notes.append("\(unknown.count) series are new to the model, such as \(set.name(of: first))")
    }
    if let first = dropped.first {
      notes.append("\(dropped.count) series are too short and left out, such as \(first)")
    }
    if hidesHistory { notes.append("the encoder read zeros instead of the past") }
    return notes
  }
}
