/// The past of a window taken apart: the shape of a season, what the level was once that is taken away,
/// and where it is going. As exponential smoothing does, with constants that are given.
///
/// - SeeAlso: Holt 1957; Winters 1960; Assimakopoulos & Nikolopoulos 2000 (Theta).
struct SmoothedSeason {
  /// What the steps of a season add to the level, that of the origin first.
  private let shape: [Float]
  /// The level, mostly of the last two steps.
  let quick: Float
  /// The level, mostly of the last ten, each carried on by the trend: smoothed alone it would lag.
  let slow: Float
  /// The change of the level in a step, from season to season.
  let trend: Float

  /// - Parameter season: Steps; 1 for none.
  /// - Returns: nil where the series has not lasted a season.
  /// - Complexity: O(season).
  init?(_ past: SeriesPast, _ series: Int, origin: Int, season: Int) {
    let length = origin - past.firstStep[series]
    let count = min(12, length / season)
    guard count > 0, origin <= past.steps else { return nil }
    let means = (0..<count).map {
      past.mean(series, before: origin - $0 * season, season) ?? 0
    }
    let trend = count > 1 ? (means[0] - means[count - 1]) / Float((count - 1) * season) : 0
    let row = series * past.steps + origin
    let shape = (0..<season).map { phase -> Float in
      let drift = trend * (Float(phase) - Float(season - 1) / 2)
      let sum = (0..<count).reduce(Float(0)) {
        $0 + past.values[row - ($1 + 1) * season + phase] - means[$1]
      }
      return sum / Float(count) - drift
    }
    func level(_ smoothing: Float, following trend: Float) -> Float {
      var sum: Float = 0
      var total: Float = 0
      var weight = smoothing
      for back in 1...min(length, 48) where weight > 1e-4 {
        let value = past.values[row - back] - shape[(season * 48 - back) % season]
        sum += weight * (value + trend * Float(back - 1))
        total += weight
        weight *= 1 - smoothing
      }
      return sum / total
    }
    self.shape = shape
    self.trend = trend
    quick = level(0.5, following: 0)
    slow = level(0.15, following: trend)
  }

  /// What the season adds to the level so many steps ahead.
  func shape(_ ahead: Int) -> Float { shape[ahead % shape.count] }
}
