#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension SalesModel {
  /// Forecasts the last horizon of a table from what lies before it, and scores that.
  ///
  /// - Parameters:
  ///   - set: Sales on the grid of the training data: as far back as the encoder reads, and one
  ///     horizon more. More past makes the baselines better.
  ///   - hidesHistory: Feeds the encoder zeros instead of the past, to see what it is worth.
  /// - Throws: `TableError` where the table is too short or on another grid.
  public func evaluate(_ set: SeriesSet, hidesHistory: Bool = false) throws -> EvaluationReport {
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
    let offsets = offsets(of: set, until: start, origin: origin)
    let history = SalesHistory(set, steps: set.stepCount, origin: origin, offsets: offsets)
    let features = preprocessing.features(
      of: history, keys: set.keys, calendar: preprocessing.calendar(configuration.model))
    let forecast = try forecaster.forecast(
      SalesDataset(features, on: parameters.backend), start: start, origin: origin,
      offsets: offsets, hidesHistory: hidesHistory)
    var evaluation = SalesEvaluation()
    evaluation.add(forecast, of: set, start: start)
    return evaluation.report(
      quantiles: forecast.quantiles,
      notes: notes(set, start: start, origin: origin, dropped: dropped, hidesHistory))
  }

  /// What is taken away from each series: as fitted for the known ones; for others the mean of what
  /// the calendar and the level leave of their last steps.
  private func offsets(of set: SeriesSet, until start: Int, origin: Int) -> [Float] {
    let known = Dictionary(
      zip(preprocessing.keys, preprocessing.offsets), uniquingKeysWith: { first, _ in first })
    guard configuration.model.decomposition else {
      return [Float](repeating: preprocessing.offsetCentre, count: set.seriesCount)
    }
    return (0..<set.seriesCount).map { series in
      if let offset = known[set.keys[series]] { return offset }
      let first = max(set.firstStep[series], start - set.grid.stepsPerYear)
      let sum = (first..<start).reduce(0.0) { sum, step in
        sum + Double(log1p(set[series, step]) - preprocessing.base(origin + step))
      }
      return Float(sum / Double(start - first)) - preprocessing.level
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
    let known = Set(preprocessing.keys)
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
