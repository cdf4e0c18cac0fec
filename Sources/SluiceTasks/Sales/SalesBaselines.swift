import SluiceTables

/// Forecasts that take no training: what a model must beat to be worth having.
///
/// The last value, and for every season of the steps the value one season ago, each with a drift
/// too; Theta; and, where nothing is negative, series × calendar × year factors.
struct SalesBaselines {
  struct Baseline {
    /// The key in JSON: `last_value`, `naive_week`, `theta`.
    var name: String
    var explanation: String
    /// `[S, horizon]`
    var values: [Float]
  }

  let all: [Baseline]

  /// Fits on the steps before `cut` and forecasts `horizon` of them.
  ///
  /// - Complexity: O(S · cut · season), the season at most a year of weeks or a day of minutes.
  init(_ set: SeriesSet, upTo cut: Int, horizon: Int) {
    let isNegative = (0..<set.seriesCount).contains { series in
      (min(set.firstStep[series], cut)..<cut).contains { set[series, $0] < 0 }
    }
    var found: [Baseline] = []
    func add(_ name: String, _ explanation: String, _ values: [Float]) {
      found.append(
        Baseline(
          name: name, explanation: explanation,
          values: isNegative ? values : values.map { max(0, $0) }))
    }
    let longest = set.firstStep.map { cut - $0 }.max() ?? 0
    let seasons = SeasonalNaive.seasons(of: set, upTo: cut)
    let lags =
      [SeasonalNaive.Season(key: "", lag: 1, name: "last value")]
      + seasons.filter { $0.lag <= longest }
    for season in lags {
      let naive = SeasonalNaive(set, upTo: cut, season: season).forecast(horizon: horizon)
      let name = season.key.isEmpty ? "last_value" : "naive_\(season.key)"
      add(name, season.name, naive)
      add(
        name + "_drift", season.name + ", drifting",
        Self.drifting(naive, set, upTo: cut, lag: season.lag))
    }
    let theta = (0..<set.seriesCount).flatMap { series -> [Float] in
      let first = min(set.firstStep[series], cut)
      return Theta(
        (first..<cut).map { Double(set[series, $0]) }, season: seasons.first?.lag ?? 1
      ).forecast(horizon: horizon).map(Float.init)
    }
    add("theta", "Theta", theta)
    if !isNegative {
      let model = FactorModel(set, upTo: cut)
      let factors = (0..<set.seriesCount).flatMap { series in
        (0..<horizon).map { model.forecast(series: series, step: cut + $0) }
      }
      add("factor_model", "series × calendar × year factors", factors)
    }
    all = found
  }

  /// Goes on as the series did: for the last value by its mean step, for a season by the mean change
  /// from the season before the last to the last.
  private static func drifting(
    _ naive: [Float], _ set: SeriesSet, upTo cut: Int, lag: Int
  ) -> [Float] {
    var values = naive
    let horizon = naive.count / max(1, set.seriesCount)
    for series in 0..<set.seriesCount {
      let first = min(set.firstStep[series], cut)
      let length = cut - first
      var drift = 0.0
      if lag == 1, length > 1 {
        drift = Double(set[series, cut - 1] - set[series, first]) / Double(length - 1)
      } else if lag > 1, length >= 2 * lag {
        for step in (cut - lag)..<cut {
          drift += Double(set[series, step] - set[series, step - lag]) / Double(lag)
        }
      }
      for ahead in 0..<horizon {
        values[series * horizon + ahead] += Float(drift * Double(ahead / lag + 1))
      }
    }
    return values
  }
}

extension TimeGrid {
  /// The shortest season: a day of shorter steps, a week of days, a year of weeks and months; 1 where
  /// there is none.
  var mainSeason: Int { SeasonalNaive.seasons(of: self).first?.lag ?? 1 }

  /// The lag whose mean absolute change is the unit of a scaled error: that of the shortest season,
  /// but 1 for weeks.
  var scaledErrorLag: Int {
    hasWeekdays || hasMonthSteps ? mainSeason : 1
  }

  private var hasMonthSteps: Bool {
    if case .months = step { return true }
    return false
  }
}
