import Foundation
import SluiceTables

/// What a mixture of bases needs besides the networks: kept in `preprocessing.json`.
struct MixtureFit: Codable, Sendable {
  var seasons: SeasonLengths
  var transform: ValueTransform
  /// `[S]`: what the amounts of each series are divided by.
  var units: [Float]
  /// Whether what all series have in common is read.
  var hasShared: Bool
  var profile: SharedProfile?
  /// Whether no amount is below 0.
  var isPositive: Bool
  /// How far the shape of last year strays from the level, in 999 of 1,000 windows; nil: unknown.
  var limit: Float?
  var calibration = MixtureCalibration()
  /// `[S]`
  var firstStep: [Int]
  /// `[S, T]`: the past, as in the table.
  @Packed var amounts: [Float]
  /// `[S, T, X]`
  @Packed var covariates: [Float]

  /// Fits on the steps before `cut`.
  ///
  /// - Parameter seasons: Those of the steps before `cut` if none are given.
  /// - Complexity: O(S · cut · log(S · cut)).
  init(_ set: SeriesSet, cut: Int, horizon: Int, seasons: SeasonLengths? = nil) {
    let seasons = seasons ?? SeasonLengths(set, cut: cut, horizon: horizon)
    self.seasons = seasons
    transform = ValueTransform(set, upTo: cut)
    units = (0..<set.seriesCount).map { set.unit(of: $0, until: cut) }
    hasShared = set.seriesCount >= 5
    firstStep = set.firstStep.map { min($0, cut) }
    let width = set.covariateCount
    let rows = stride(from: 0, to: set.values.count, by: set.stepCount)
    let known = set.amounts(upTo: cut)
    isPositive = known.allSatisfy { $0 >= 0 }
    amounts = known
    covariates = rows.flatMap { set.covariates[($0 * width)..<(($0 + cut) * width)] }
    profile = nil
    if hasShared, set.seriesCount >= 50, set.grid.step == .day, seasons.long > 0,
      cut >= 2 * seasons.long
    {
      let past = past(
        amounts: amounts, firstStep: firstStep, units: units, steps: cut, origin: 0, set.grid,
        horizon: 0, covariates: [], columns: 0)
      profile = SharedProfile(past.shared?.values ?? [], on: set.grid)
    }
  }

  /// Some series as windows read them.
  func past(
    amounts: [Float], firstStep: [Int], units: [Float], steps: Int, origin: Int, _ grid: TimeGrid,
    horizon: Int, covariates: [Float], columns: Int
  ) -> SeriesPast {
    SeriesPast(
      amounts: amounts, firstStep: firstStep, units: units, steps: steps, origin: origin,
      grid: grid, horizon: horizon, seasons: seasons, transform: transform, hasShared: hasShared,
      profile: profile, covariates: covariates, covariateColumns: columns)
  }

  func isPlausible(series: Int, steps: Int, columns: Int) -> Bool {
    units.count == series && units.allSatisfy { $0 > 0 && $0.isFinite }
      && firstStep.count == series && firstStep.allSatisfy { (0...steps).contains($0) }
      && amounts.count == series * steps && amounts.allSatisfy(\.isFinite)
      && covariates.count == series * steps * columns && covariates.allSatisfy(\.isFinite)
      && (0...200_000).contains(seasons.short) && (0...200_000).contains(seasons.long)
      && (profile.map { $0.weekdays.count == 7 && $0.months.count == 12 } ?? true)
      && (limit.map { $0 > 0 && $0.isFinite } ?? true) && calibration.isPlausible
  }
}

/// What held-out windows say of the networks' forecasts: whether they lean on one base, and how wide
/// the interval must be.
struct MixtureCalibration: Hashable, Sendable {
  /// The share that the networks keep of the median; the rest is the base's.
  var share: Float = 1
  var base = 0
  var intervals = IntervalCalibration()

  var isPlausible: Bool {
    (0...1).contains(share) && (0...100).contains(base) && intervals.isSound
  }

  /// What the user should know of it.
  var notes: [String] {
    guard share < 1 else { return [] }
    let part = Int((100 * (1 - share)).rounded())
    return [
      "one simple forecast did better where training was checked: the model leans on it by \(part) %"
    ]
  }

  init() {}

  /// - Parameters:
  ///   - forecast: Of windows that the networks have not learned from.
  ///   - levels: The outer quantiles.
  ///   - windows: Those that lie side by side.
  ///   - trust: How far, of 0 ... 1, the windows suffice to make intervals narrower.
  init(
    _ forecast: MixtureForecast, levels: (low: Double, high: Double), windows: Double, trust: Float
  ) {
    // A base must be better by 1 % before it is leaned on, and then gets half of what it would.
    var least = 0.99 * forecast.error(median: forecast.median)
    for base in 0..<(forecast.targetColumns - 1) {
      for share: Float in [0.8, 0.6, 0.4, 0.2, 0] {
        let error = forecast.error {
          share * forecast.median(at: $0) + (1 - share) * forecast.baseOrLevel(base, at: $0)
        }
        if error < least {
          least = error
          (self.share, self.base) = ((1 + share) / 2, base)
        }
      }
    }
    guard levels.low < levels.high else { return }
    let shrunk = leaning(forecast)
    var distances = IntervalCalibration.Distances(horizon: shrunk.horizon)
    for place in shrunk.weights.indices {
      guard let truth = shrunk.truth(at: place) else { continue }
      let to = place * shrunk.quantileCount
      distances.add(
        step: place / shrunk.count, truth: truth, low: shrunk.quantiles[to],
        median: shrunk.median(at: place), high: shrunk.quantiles[to + shrunk.quantileCount - 1])
    }
    intervals = IntervalCalibration(distances, levels: levels, windows: windows, trust: trust)
  }

  /// The forecast with its median, and all around it, moved towards the base.
  func leaning(_ forecast: MixtureForecast) -> MixtureForecast {
    guard share < 1 else { return forecast }
    var moved = forecast
    for place in forecast.weights.indices {
      let shift =
        (1 - share) * (forecast.baseOrLevel(base, at: place) - forecast.median(at: place))
      for q in 0..<forecast.quantileCount {
        moved.quantiles[place * forecast.quantileCount + q] += shift
      }
    }
    return moved
  }

  /// The forecast with its interval as wide as held-out windows ask for.
  func widened(_ forecast: MixtureForecast) -> MixtureForecast {
    var wide = forecast
    let count = forecast.quantileCount
    for place in forecast.weights.indices {
      intervals.widen(
        &wide.quantiles, from: place * count, count: count, median: count / 2,
        step: place / forecast.count, of: forecast.horizon)
    }
    return wide
  }
}

extension MixtureCalibration: Codable {
  private enum CodingKeys: String, CodingKey {
    case share, base
  }

  /// The factors of the interval stand beside the share.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    share = try container.decode(Float.self, forKey: .share)
    base = try container.decode(Int.self, forKey: .base)
    intervals = try IntervalCalibration(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(share, forKey: .share)
    try container.encode(base, forKey: .base)
    try intervals.encode(to: encoder)
  }
}
