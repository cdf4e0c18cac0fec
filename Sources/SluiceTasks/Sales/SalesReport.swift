import SluiceReport

/// What the page of a run shows of forecasts: those of some series beside what came true, and the errors
/// by step ahead and by series, beside the best baseline.
struct SalesReport {
  private let evaluation: SalesEvaluation
  private let set: SeriesSet
  /// Q, ascending.
  private let levels: [Double]
  private let horizon: Int
  /// The baseline whose SMAPE is least; nil where there is none.
  private let baseline: (explanation: String, values: [Float])?

  /// Charts of series, at most: of more, those that matter.
  private static let mostSeries = 6
  /// Series named one by one in a list of errors.
  private static let mostNames = 12

  init(_ evaluation: SalesEvaluation, set: SeriesSet, levels: [Double], horizon: Int) {
    self.evaluation = evaluation
    self.set = set
    self.levels = levels
    self.horizon = horizon
    baseline = evaluation.baselines.map { known in
      (
        known, ForecastMetrics(actual: evaluation.actual, forecast: known.values).smape
      )
    }.min { $0.1 < $1.1 }.map { ($0.0.explanation, $0.0.values) }
  }

  var sections: [ReportSection] {
    guard !evaluation.actual.isEmpty else { return [] }
    let errors = seriesErrors
    return [forecasts(errors), errorSection(errors)]
  }

  private var forecast: [Float] { evaluation.quantiles[evaluation.median] }
  private var hasInterval: Bool { levels.count > 1 }

  private var intervalName: String {
    "p\(Self.percent(levels.first ?? 0))–p\(Self.percent(levels.last ?? 1))"
  }

  private static func percent(_ share: Double) -> Int { Int((100 * share).rounded()) }

  // MARK: Series

  /// One series and how far its forecasts are off.
  private struct SeriesError {
    var series: Int
    var rows: [Int]
    /// Of all that came true.
    var amount: Double
    var smape: Double
    /// Of the best baseline; NaN where there is none.
    var baseline: Double
    /// In units of the series' mean absolute change before; NaN where it has not changed.
    var scaled: Double
  }

  private var seriesErrors: [SeriesError] {
    let windows = Dictionary(grouping: evaluation.windows, by: \.series)
    return windows.keys.sorted().compactMap { series in
      let own = windows[series] ?? []
      let rows = own.flatMap { Array($0.rows) }
      guard !rows.isEmpty else { return nil }
      let scaled = own.filter { $0.unit > 0 && !$0.rows.isEmpty }.map { window in
        ForecastMetrics(
          actual: evaluation.actual[window.rows], forecast: forecast[window.rows]
        ).mae / window.unit
      }
      return SeriesError(
        series: series, rows: rows,
        amount: rows.reduce(0) { $0 + abs(Double(evaluation.actual[$1])) },
        smape: smape(forecast, rows), baseline: baseline.map { smape($0.values, rows) } ?? .nan,
        scaled: scaled.isEmpty ? .nan : scaled.reduce(0, +) / Double(scaled.count))
    }
  }

  private func smape(_ values: [Float], _ rows: [Int]) -> Double {
    ForecastMetrics(
      actual: rows.lazy.map { evaluation.actual[$0] }, forecast: rows.lazy.map { values[$0] }
    ).smape
  }

  /// The series to show and why each is.
  private func chosen(_ errors: [SeriesError]) -> [(error: SeriesError, why: String)] {
    guard errors.count > Self.mostSeries else { return errors.map { ($0, "") } }
    let share = Self.mostSeries / 3
    var taken: Set<Int> = []
    var chosen: [(error: SeriesError, why: String)] = []
    func take(_ why: String, _ ordered: [SeriesError]) {
      for error in ordered.filter({ !taken.contains($0.series) }).prefix(share) {
        taken.insert(error.series)
        chosen.append((error, why))
      }
    }
    let size = { (error: SeriesError) in error.scaled.isNaN ? error.smape / 100 : error.scaled }
    take("largest", errors.sorted { ($0.amount, $1.series) > ($1.amount, $0.series) })
    take("best", errors.sorted { (size($0), $0.series) < (size($1), $1.series) })
    take("worst", errors.sorted { (size($0), $1.series) > (size($1), $0.series) })
    return chosen
  }

  private func forecasts(_ errors: [SeriesError]) -> ReportSection {
    let chosen = chosen(errors)
    let isPart = chosen.count < errors.count
    return ReportSection(
      "Forecasts",
      prose: [
        (isPart
          ? "Of \(errors.count.grouped) series: the largest, and those with the least and the largest "
            + "error, measured by how much each used to change. "
          : "")
          + "Each horizon is forecast from what lies before it"
          + (hasInterval
            ? "; \(Self.percent((levels.last ?? 1) - (levels.first ?? 0))) % of the true values should "
              + "lie in the band." : ".")
      ], chosen.map { .chart(chart(of: $0.error, why: $0.why)) })
  }

  private func chart(of error: SeriesError, why: String) -> Chart {
    let steps = error.rows.map { evaluation.steps[$0] }
    let first = steps.first ?? 0
    let history = min(max(horizon, 52), 120)
    let begin = max(set.firstStep[error.series], first - history)
    let x = steps.map { Double($0 - begin) }
    let values = { (values: [Float]) in error.rows.map { Double(values[$0]) } }
    let known = Array(begin...(steps.last ?? first))
    var series: [Chart.Series] = []
    if hasInterval, let low = evaluation.quantiles.first, let high = evaluation.quantiles.last {
      series.append(
        .init(intervalName, .band, x: x, y: values(high), low: values(low), style: 0))
    }
    series.append(
      .init(
        "true", x: known.map { Double($0 - begin) },
        y: known.map {
          set.isInterpolated(series: error.series, step: $0) ? .nan : Double(set[error.series, $0])
        }, style: 6))
    if let baseline {
      series.append(.init(baseline.explanation, x: x, y: values(baseline.values), style: 1))
    }
    series.append(.init("forecast", x: x, y: values(forecast), style: 0))
    let against =
      error.baseline.isNaN ? "" : ", of the baseline \(Significant.text(error.baseline)) %"
    return Chart(
      (why.isEmpty ? "" : "\(why): ") + set.name(of: error.series),
      note: "SMAPE \(Significant.text(error.smape)) %\(against)",
      horizontal: .init(set.columns.date, names: known.map { set.dateText($0) }),
      vertical: .init(set.columns.target), series)
  }

  // MARK: Errors

  private func errorSection(_ errors: [SeriesError]) -> ReportSection {
    var items: [ReportItem] = []
    let byStep = rowsByStepAhead
    if byStep.count > 1 { items += stepCharts(byStep).map { .chart($0) } }
    if errors.count > 1 { items += seriesItems(errors) }
    return ReportSection("Errors by step and by series", items)
  }

  /// `[horizon]`: the rows so many steps ahead.
  private var rowsByStepAhead: [[Int]] {
    var rows = [[Int]](repeating: [], count: horizon)
    for window in evaluation.windows {
      for row in window.rows {
        let ahead = evaluation.steps[row] - window.start
        if rows.indices.contains(ahead) { rows[ahead].append(row) }
      }
    }
    return rows
  }

  private func stepCharts(_ byStep: [[Int]]) -> [Chart] {
    let known = byStep.indices.filter { !byStep[$0].isEmpty }
    let x = known.map { Double($0 + 1) }
    let axis = Chart.Axis("steps ahead")
    var lines = [
      Chart.Series("this model", x: x, y: known.map { smape(forecast, byStep[$0]) }, style: 0)
    ]
    if let baseline {
      lines.append(
        .init(
          baseline.explanation, x: x, y: known.map { smape(baseline.values, byStep[$0]) }, style: 1)
      )
    }
    let error = Chart(
      "Error by step ahead", note: "Over all series.", horizontal: axis,
      vertical: .init("SMAPE %"), lines)
    guard hasInterval, let low = evaluation.quantiles.first, let high = evaluation.quantiles.last
    else { return [error] }
    let shares = known.map { step in
      let rows = byStep[step]
      return ForecastMetrics.coverage(
        actual: rows.map { evaluation.actual[$0] }, lower: rows.map { low[$0] },
        upper: rows.map { high[$0] })
    }
    let wanted = (levels.last ?? 1) - (levels.first ?? 0)
    let ends = [x.first ?? 0, x.last ?? 1]
    return [
      error,
      Chart(
        "Coverage by step ahead",
        note: "The share of the true values that lie in the band, over all series.",
        horizontal: axis, vertical: .init("share in \(intervalName)", lower: 0, upper: 1),
        [
          .init("should be \(Significant.text(wanted))", .reference, x: ends, y: [wanted, wanted]),
          .init("this model", x: x, y: shares, style: 0),
        ]),
    ]
  }

  private func seriesItems(_ errors: [SeriesError]) -> [ReportItem] {
    let worst = errors.sorted { ($0.smape, $1.series) > ($1.smape, $0.series) }
    let isPart = errors.count > 2 * Self.mostNames
    let named = isPart ? Array(worst.prefix(Self.mostNames)) : worst
    let bars = BarChart(
      isPart ? "Series with the largest errors" : "Error by series", label: "SMAPE %",
      series: ["this model"] + (baseline.map { [$0.explanation] } ?? []),
      named.map {
        .init(set.name(of: $0.series), [$0.smape] + (baseline == nil ? [] : [$0.baseline]))
      })
    guard isPart else { return [.bars(bars)] }
    let spread = Chart.histogram(
      "Error by series", note: "How many series have which error.", label: "SMAPE %",
      noun: "series",
      [("this model", errors.map(\.smape))]
        + (baseline.map { [($0.explanation, errors.map(\.baseline))] } ?? []))
    return [.chart(spread), .bars(bars)]
  }
}
