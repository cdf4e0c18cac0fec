import SluiceTables

/// The baseline that every forecast must beat: what was sold on the same weekday a year ago.
///
/// 364 days before for days and shorter steps, 52 weeks for weeks, 12 months for months, or as near
/// as the step allows. With less than a year of data the week before, or the last value; ``name``
/// says which. A series shorter
/// than the others falls back for itself.
package struct SeasonalNaive: Sendable {
  private let lags: [Int]
  private let cut: Int
  private let set: SeriesSet
  /// What it is called in tables of results, by its true lag: "same weekday last year".
  package let name: String

  /// Forecasts from step `cut` on, out of the steps before it.
  package init(_ set: SeriesSet, upTo cut: Int) {
    let grid = set.grid
    let candidates: [(lag: Int, name: String)] = [
      (grid.stepsPerYear, Self.yearName(grid)),
      (grid.stepsPerWeek, "same weekday last week"),
      (1, "last value"),
    ]
    func lag(_ length: Int) -> (lag: Int, name: String) {
      candidates.first { $0.lag > 1 && $0.lag <= length } ?? candidates[2]
    }
    self.set = set
    self.cut = cut
    lags = (0..<set.seriesCount).map { lag(cut - set.firstStep[$0]).lag }
    name = lag(set.firstStep.map { cut - $0 }.max() ?? 0).name
  }

  private static func yearName(_ grid: TimeGrid) -> String {
    let lag = grid.stepsPerYear
    switch grid.step {
    case .months(let count):
      return lag * count == 12
        ? "same month last year" : TimeStep.months(lag * count).name + " before"
    case .seconds(let length):
      guard lag * length == 364 * 86_400 else {
        return TimeStep.seconds(lag * length).name + " before"
      }
      return grid.hasWeekdays ? "same weekday last year" : "same week last year"
    }
  }

  /// `[S, horizon]`: the forecasts. Beyond one season the last one repeats; a series that has not
  /// begun gets 0.
  package func forecast(horizon: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(set.seriesCount * horizon)
    for s in 0..<set.seriesCount {
      for ahead in 0..<horizon {
        let lag = lags[s]
        let source = cut + ahead - lag * (ahead / lag + 1)
        result.append(source >= set.firstStep[s] && source >= 0 ? set[s, source] : 0)
      }
    }
    return result
  }
}
