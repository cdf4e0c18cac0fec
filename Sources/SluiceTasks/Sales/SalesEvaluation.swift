import SluiceTraining

/// Forecasts beside what came true, collected over origins, and the baselines on the same rows.
struct SalesEvaluation {
  private(set) var actual: [Float] = []
  /// `[rows]`: the step of the set that each row is of.
  private(set) var steps: [Int] = []
  /// `[Q][rows]`
  private(set) var quantiles: [[Float]] = []
  private(set) var median = 0
  private(set) var baselines: [(name: String, explanation: String, values: [Float])] = []
  /// The rows of one series and origin, and the unit of its scaled error; 0: it has none.
  private(set) var windows: [(series: Int, start: Int, rows: Range<Int>, unit: Double)] = []

  /// Adds the known steps of one horizon, and what the baselines make of them, fitted on the steps
  /// before.
  ///
  /// - Parameter start: The step of `set` at which the forecast begins.
  mutating func add(_ forecast: SalesForecast, of set: SeriesSet, start: Int) {
    let horizon = min(forecast.horizon, set.stepCount - start)
    let found = SalesBaselines(set, upTo: start, horizon: horizon).all
    if actual.isEmpty {
      quantiles = forecast.quantiles.map { _ in [] }
      baselines = found.map { ($0.name, $0.explanation, []) }
      median = forecast.median
    }
    // A season that only later origins can see is in none of the baselines.
    baselines = baselines.filter { known in found.contains { $0.name == known.name } }
    let used = baselines.compactMap { known in found.first { $0.name == known.name } }
    for series in 0..<set.seriesCount {
      let first = actual.count
      for step in 0..<horizon
      where start + step >= set.firstStep[series]
        && !set.isInterpolated(series: series, step: start + step)
      {
        actual.append(set[series, start + step])
        steps.append(start + step)
        for quantile in quantiles.indices {
          quantiles[quantile].append(
            forecast.value(series: series, step: step, quantile: quantile))
        }
        for (place, baseline) in used.enumerated() {
          baselines[place].values.append(baseline.values[series * horizon + step])
        }
      }
      windows.append(
        (
          series, start, first..<actual.count, set.scaledErrorUnit(series: series, until: start)
        ))
    }
  }

  /// The report over all that was added.
  ///
  /// - Parameter intervalHint: What to make of an interval that does not hold.
  func report(quantiles levels: [Double], notes: [String] = [], intervalHint: String = "")
    -> EvaluationReport
  {
    var metrics = points(quantiles.isEmpty ? [] : quantiles[median])
    var notes = notes
    if let low = levels.first, let high = levels.last, low < high, let lows = quantiles.first,
      let highs = quantiles.last
    {
      let percent = Int(((high - low) * 100).rounded())
      let coverage = ForecastMetrics.coverage(actual: actual, lower: lows, upper: highs)
      metrics.append(MetricValue("coverage_\(percent)", coverage))
      metrics.append(MetricValue("pinball", pinball(levels)))
    }
    let baselines = baselines.map {
      EvaluationReport.Baseline(
        name: $0.name, explanation: $0.explanation, metrics: MetricSet(points($0.values)))
    }
    let set = MetricSet(metrics)
    if let verdict = verdict(set, baselines) { notes.append(verdict) }
    return EvaluationReport(
      task: SalesTask.name, rows: actual.count, metrics: set, baselines: baselines, notes: notes,
      intervalHint: intervalHint)
  }

  /// Says which baseline does better by more than 1 %, where one does, and what of.
  private func verdict(
    _ metrics: MetricSet, _ baselines: [EvaluationReport.Baseline]
  ) -> String? {
    var better: [(name: String, by: [String])] = []
    for metric in ["smape", "mase"] {
      let best = baselines.min {
        ($0.metrics[metric] ?? .infinity, $0.name) < ($1.metrics[metric] ?? .infinity, $1.name)
      }
      guard let best, let own = metrics[metric], let other = best.metrics[metric],
        other < 0.99 * own
      else { continue }
      let places = { (value: Double) in (value * 100).rounded() / 100 }
      let words = "\(metric.uppercased()) \(places(other)) beside \(places(own))"
      if let place = better.firstIndex(where: { $0.name == best.explanation }) {
        better[place].by.append(words)
      } else {
        better.append((best.explanation, [words]))
      }
    }
    guard !better.isEmpty else { return nil }
    return "a baseline does better on these rows: "
      + better.map { "\($0.name) (\($0.by.joined(separator: ", ")); \(reason($0.name)))" }
      .joined(separator: " and ")
  }

  /// Where a baseline is nearer to the truth: in the sum of all, or else for how many series.
  private func reason(_ name: String) -> String {
    guard let other = baselines.first(where: { $0.explanation == name })?.values else { return "" }
    let own = quantiles[median]
    let (bias, otherBias) = (bias(own), bias(other))
    if abs(bias) > 0.02, abs(bias) > 2 * abs(otherBias) {
      return "the model lies \(Self.side(bias)) in sum, the baseline \(Self.side(otherBias))"
    }
    let bySeries = Dictionary(grouping: windows.filter { !$0.rows.isEmpty }, by: \.series)
    let nearer = bySeries.values.count { windows in
      let errors = [own, other].map { forecast in
        windows.flatMap { Array($0.rows) }.reduce(0.0) {
          $0 + Double(abs(actual[$1] - forecast[$1]))
        }
      }
      return errors[1] < errors[0]
    }
    return "it is nearer for \(nearer) of \(bySeries.count) series"
  }

  /// How far a forecast lies above the truth in sum, as a share of it.
  private func bias(_ forecast: [Float]) -> Double {
    let total = actual.reduce(0.0) { $0 + Double(abs($1)) }
    guard total > 0 else { return 0 }
    return actual.indices.reduce(0.0) { $0 + Double(forecast[$1] - actual[$1]) } / total
  }

  private static func side(_ bias: Double) -> String {
    let percent = Int((100 * abs(bias)).rounded())
    return percent == 0 ? "right" : "\(percent) % too \(bias > 0 ? "high" : "low")"
  }

  private func points(_ forecast: [Float]) -> [MetricValue] {
    let metrics = ForecastMetrics(actual: actual, forecast: forecast)
    return [
      MetricValue("smape", metrics.smape), MetricValue("mase", scaledError(forecast)),
      MetricValue("mae", metrics.mae), MetricValue("rmse", metrics.rmse),
    ]
  }

  /// The mean over series and origins of the absolute error in units of the series' mean absolute
  /// change; NaN where no series has changed.
  ///
  /// - SeeAlso: Hyndman & Koehler 2006 (MASE).
  private func scaledError(_ forecast: [Float]) -> Double {
    var sum = 0.0
    var count = 0.0
    for window in windows where window.unit > 0 && !window.rows.isEmpty {
      let error = window.rows.reduce(0.0) { $0 + Double(abs(actual[$1] - forecast[$1])) }
      sum += error / Double(window.rows.count) / window.unit
      count += 1
    }
    return count > 0 ? sum / count : .nan
  }

  /// The mean pinball loss over rows and quantiles.
  private func pinball(_ levels: [Double]) -> Double {
    var sum = 0.0
    for (level, values) in zip(levels, quantiles) {
      for (truth, value) in zip(actual, values) {
        let error = Double(truth) - Double(value)
        sum += error >= 0 ? level * error : (level - 1) * error
      }
    }
    return sum / Double(max(1, actual.count * levels.count))
  }
}

extension SeriesSet {
  /// The mean absolute change over ``TimeGrid/scaledErrorLag`` steps before step `cut`, or over one
  /// where the series is shorter; 0 where there is none.
  func scaledErrorUnit(series: Int, until cut: Int) -> Double {
    let first = min(firstStep[series], cut)
    let lag = cut - first > grid.scaledErrorLag ? grid.scaledErrorLag : 1
    guard cut - first > lag else { return 0 }
    let sum = ((first + lag)..<cut).reduce(0.0) { sum, step in
      sum + Double(abs(self[series, step] - self[series, step - lag]))
    }
    return sum / Double(cut - first - lag)
  }
}
