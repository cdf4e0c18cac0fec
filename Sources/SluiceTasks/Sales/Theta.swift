import Foundation

/// The Theta method: exponential smoothing that drifts by half of the linear trend, on data freed of
/// its season.
///
/// - SeeAlso: Assimakopoulos & Nikolopoulos 2000; Hyndman & Billah 2003, who showed what it is.
struct Theta {
  private var level = 0.0
  private var slope = 0.0
  private var smoothing = 1.0
  private let count: Int
  /// What each phase of the season is multiplied by, or has added; empty: no season.
  private var season: [Double] = []
  private var isMultiplicative = true

  /// - Parameters:
  ///   - values: The past of one series.
  ///   - season: The length of its season in steps. Used where the autocorrelation at that lag lies
  ///     beyond its 90 % bound and the past holds three seasons.
  /// - Complexity: O(n · (season + 20)).
  init(_ values: [Double], season length: Int) {
    count = values.count
    guard let first = values.first else { return }
    var rest = values
    if length > 1, values.count >= 3 * length, Self.isSeasonal(values, length) {
      isMultiplicative = values.allSatisfy { $0 > 0 }
      season = Self.season(values, length, isMultiplicative: isMultiplicative)
      for t in rest.indices {
        if isMultiplicative { rest[t] /= season[t % length] } else { rest[t] -= season[t % length] }
      }
    }
    level = rest.first ?? first
    guard rest.count > 2 else { return }
    slope = Self.slope(rest)
    var least = Double.infinity
    for step in 1...20 {
      let rate = Double(step) / 20
      var state = rest[0]
      var error = 0.0
      for value in rest.dropFirst() {
        let difference = value - state
        error += difference * difference
        state += rate * difference
      }
      if error < least {
        least = error
        smoothing = rate
        level = state
      }
    }
  }

  /// The steps behind the past.
  func forecast(horizon: Int) -> [Double] {
    let start = (1 - pow(1 - smoothing, Double(count))) / smoothing - 1
    return (0..<horizon).map { ahead in
      let value = level + slope / 2 * (Double(ahead + 1) + start)
      guard !season.isEmpty else { return value }
      let phase = season[(count + ahead) % season.count]
      return isMultiplicative ? value * phase : value + phase
    }
  }

  private static func slope(_ values: [Double]) -> Double {
    let centre = Double(values.count - 1) / 2
    var products = 0.0
    var squares = 0.0
    for (t, value) in values.enumerated() {
      products += (Double(t) - centre) * value
      squares += (Double(t) - centre) * (Double(t) - centre)
    }
    return products / squares
  }

  private static func isSeasonal(_ values: [Double], _ length: Int) -> Bool {
    let mean = values.reduce(0, +) / Double(values.count)
    let rest = values.map { $0 - mean }
    let variance = rest.reduce(0) { $0 + $1 * $1 }
    guard variance > 0 else { return false }
    func correlation(_ lag: Int) -> Double {
      var sum = 0.0
      for t in lag..<rest.count { sum += rest[t] * rest[t - lag] }
      return sum / variance
    }
    let before = (1..<length).reduce(0.0) { sum, lag in
      let r = correlation(lag)
      return sum + r * r
    }
    return abs(correlation(length)) > 1.645 * ((1 + 2 * before) / Double(values.count)).squareRoot()
  }

  /// The mean of each phase beside the moving average over a season around it.
  private static func season(_ values: [Double], _ length: Int, isMultiplicative: Bool) -> [Double]
  {
    var sums = [Double](repeating: 0, count: length)
    var counts = sums
    var prefix = [0.0]
    for value in values { prefix.append(prefix[prefix.count - 1] + value) }
    let half = length / 2
    for t in half..<(values.count - half) {
      // Of an even season both ends count half.
      var window = prefix[t + half + 1] - prefix[t - half]
      if length.isMultiple(of: 2) { window -= (values[t - half] + values[t + half]) / 2 }
      let trend = window / Double(length)
      sums[t % length] += isMultiplicative ? values[t] / trend : values[t] - trend
      counts[t % length] += 1
    }
    var phases = zip(sums, counts).map { $1 > 0 ? $0 / $1 : isMultiplicative ? 1 : 0 }
    let mean = phases.reduce(0, +) / Double(length)
    for phase in phases.indices {
      if isMultiplicative { phases[phase] /= mean } else { phases[phase] -= mean }
    }
    return phases
  }
}
