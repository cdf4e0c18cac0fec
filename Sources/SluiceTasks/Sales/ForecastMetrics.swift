/// How far forecasts lie from what was sold, over all elements alike.
package struct ForecastMetrics: Hashable, Sendable, Codable {
  /// 100 · mean(|a − f| / ((|a| + |f|) / 2)), in percent; 0 where both are 0.
  package var smape: Double
  /// mean(|a − f|).
  package var mae: Double
  /// √mean((a − f)²).
  package var rmse: Double

  /// Compares element by element, as far as both reach.
  ///
  /// - Complexity: O(n), summed in double precision. Without elements all are 0.
  package init(actual: some Sequence<Float>, forecast: some Sequence<Float>) {
    var count = 0.0
    var relative = 0.0
    var absolute = 0.0
    var squared = 0.0
    for (a, f) in zip(actual, forecast) {
      let a = Double(a)
      let f = Double(f)
      let error = abs(a - f)
      let size = (abs(a) + abs(f)) / 2
      if size > 0 { relative += error / size }
      absolute += error
      squared += error * error
      count += 1
    }
    let divisor = max(count, 1)
    smape = 100 * relative / divisor
    mae = absolute / divisor
    rmse = (squared / divisor).squareRoot()
  }

  /// The part of the true values that lies within an interval, its ends included.
  ///
  /// - Complexity: O(n). Without elements it is 0.
  package static func coverage(actual: [Float], lower: [Float], upper: [Float]) -> Double {
    let count = min(actual.count, lower.count, upper.count)
    let inside = (0..<count).count { lower[$0] <= actual[$0] && actual[$0] <= upper[$0] }
    return Double(inside) / Double(max(count, 1))
  }
}
