import SluiceTraining

/// Forecasts beside what came true, collected over origins, and the baselines on the same rows.
struct SalesEvaluation {
  private var actual: [Float] = []
  private var medians: [Float] = []
  private var lows: [Float] = []
  private var highs: [Float] = []
  private var naive: [Float] = []
  private var naiveName = ""
  private var factors: [Float] = []

  /// Adds the known steps of one horizon, and what the baselines make of them, fitted on the steps
  /// before.
  ///
  /// - Parameter start: The step of `set` at which the forecast begins.
  mutating func add(_ forecast: SalesForecast, of set: SeriesSet, start: Int) {
    let last = forecast.quantiles.count - 1
    let horizon = min(forecast.horizon, set.stepCount - start)
    let seasonal = SeasonalNaive(set, upTo: start)
    naiveName = seasonal.name
    let seasonalForecast = seasonal.forecast(horizon: horizon)
    let factorModel = FactorModel(set, upTo: start)
    for series in 0..<set.seriesCount {
      for step in 0..<horizon
      where start + step >= set.firstStep[series]
        && !set.isInterpolated(series: series, step: start + step)
      {
        actual.append(set[series, start + step])
        medians.append(forecast.value(series: series, step: step, quantile: forecast.median))
        lows.append(forecast.value(series: series, step: step, quantile: 0))
        highs.append(forecast.value(series: series, step: step, quantile: last))
        naive.append(seasonalForecast[series * horizon + step])
        factors.append(factorModel.forecast(series: series, step: start + step))
      }
    }
  }

  /// The report over all that was added.
  func report(quantiles: [Double], notes: [String] = []) -> EvaluationReport {
    var metrics = points(medians)
    if let low = quantiles.first, let high = quantiles.last, low < high {
      let percent = Int(((high - low) * 100).rounded())
      metrics.append(
        MetricValue(
          "coverage_\(percent)", ForecastMetrics.coverage(actual: actual, lower: lows, upper: highs)
        ))
    }
    return EvaluationReport(
      task: SalesTask.name, rows: actual.count, metrics: MetricSet(metrics),
      baselines: [
        .init(name: "seasonal_naive", explanation: naiveName, metrics: MetricSet(points(naive))),
        .init(
          name: "factor_model", explanation: "series × calendar × year factors",
          metrics: MetricSet(points(factors))),
      ], notes: notes)
  }

  private func points(_ forecast: [Float]) -> [MetricValue] {
    let metrics = ForecastMetrics(actual: actual, forecast: forecast)
    return [
      MetricValue("smape", metrics.smape), MetricValue("mae", metrics.mae),
      MetricValue("rmse", metrics.rmse),
    ]
  }
}
