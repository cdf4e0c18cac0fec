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

  /// Forecasts from step `cut` on, out of the steps before it, by the longest season known.
  package init(_ set: SeriesSet, upTo cut: Int) {
    self.init(set, upTo: cut, candidates: Self.seasons(of: set.grid).reversed())
  }

  /// Forecasts by one season, or the last value where a series is shorter.
  init(_ set: SeriesSet, upTo cut: Int, season: Season) {
    self.init(set, upTo: cut, candidates: [season])
  }

  private init(_ set: SeriesSet, upTo cut: Int, candidates: [Season]) {
    func lag(_ length: Int) -> Season {
      candidates.first { $0.lag <= length } ?? Season(key: "", lag: 1, name: "last value")
    }
    self.set = set
    self.cut = cut
    lags = (0..<set.seriesCount).map { lag(cut - set.firstStep[$0]).lag }
    name = lag(set.firstStep.map { cut - $0 }.max() ?? 0).name
  }

  /// A lag after which sales come again.
  struct Season {
    /// `day`, `week`, `year`.
    var key: String
    var lag: Int
    var name: String
  }

  /// The seasons of the steps of a grid, the shortest first.
  static func seasons(of grid: TimeGrid) -> [Season] {
    [
      Season(key: "day", lag: grid.stepsPerDay, name: "same time yesterday"),
      Season(key: "week", lag: grid.stepsPerWeek, name: "same weekday last week"),
      Season(key: "year", lag: grid.stepsPerYear, name: yearName(grid)),
    ].filter { $0.lag > 1 }
  }

  /// The seasons of the steps of a set; where these name none, the one that its steps before `cut` show.
  static func seasons(of set: SeriesSet, upTo cut: Int) -> [Season] {
    guard let found = FoundSeason.steps(set, cut: cut) else { return seasons(of: set.grid) }
    return [Season(key: "season", lag: found, name: "\(found) steps before")]
  }

  private static func yearName(_ grid: TimeGrid) -> String {
    let lag = grid.stepsPerYear
    switch grid.step {
    case .units:
      return "last value"
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
