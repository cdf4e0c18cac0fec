import Foundation

/// The season of series whose steps name none, such as years or numbered steps: found in how they
/// repeat themselves.
enum FoundSeason {
  /// The shortest lag at which the series, freed of their linear trends, are like themselves again.
  ///
  /// Wanted is a peak of their mean autocorrelation, with a valley before it, seen at least three times.
  ///
  /// - Parameter cut: Steps from here on are not looked at.
  /// - Returns: nil where the steps name a season, or nothing repeats.
  /// - Complexity: O(S · T · L) for at most 50 series, 2,000 steps and 400 lags.
  static func steps(_ set: SeriesSet, cut: Int) -> Int? {
    guard SeasonalNaive.seasons(of: set.grid).isEmpty else { return nil }
    let transform = ValueTransform(set, upTo: cut)
    var sums: [Double] = []
    var counts: [Int] = []
    for series in stride(from: 0, to: set.seriesCount, by: max(1, set.seriesCount / 50)) {
      let unit = set.unit(of: series, until: cut)
      let first = max(set.firstStep[series], cut - 2000)
      guard cut - first >= 12 else { continue }
      let values = (first..<cut).map { Double(transform(set[series, $0], unit: unit)) }
      for (place, value) in autocorrelation(values, lags: min(values.count / 3, 400)).enumerated() {
        if place == sums.count {
          sums.append(0)
          counts.append(0)
        }
        sums[place] += value
        counts[place] += 1
      }
    }
    let mean = zip(sums, counts).map { $0 / Double($1) }
    guard mean.count > 4 else { return nil }
    var valley = mean[1]
    var peaks: [(lag: Int, height: Double)] = []
    for lag in 2..<(mean.count - 1) {
      valley = min(valley, mean[lag])
      if mean[lag] > mean[lag - 1], mean[lag] >= mean[lag + 1], mean[lag] > 0.3,
        mean[lag] - valley > 0.3
      {
        peaks.append((lag, mean[lag]))
      }
    }
    let highest = peaks.map(\.height).max() ?? 0
    return peaks.first { $0.height >= 0.85 * highest }?.lag
  }

  /// Autocorrelation at lags 0 up to `lags`, of what a straight line leaves.
  private static func autocorrelation(_ values: [Double], lags: Int) -> [Double] {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let middle = (count - 1) / 2
    let spread = count * (count * count - 1) / 12
    let slope =
      values.enumerated().reduce(0) { $0 + (Double($1.offset) - middle) * ($1.element - mean) }
      / spread
    let rest = values.enumerated().map { $1 - mean - slope * (Double($0) - middle) }
    let variance = rest.reduce(0) { $0 + $1 * $1 }
    guard variance > 1e-12 * count else { return [] }
    return (0...lags).map { lag in
      zip(rest, rest.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / variance
    }
  }
}
