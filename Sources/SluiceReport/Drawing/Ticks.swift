import Foundation

/// Where an axis has its marks: at round numbers.
struct Ticks: Hashable {
  var values: [Double]
  var labels: [String]

  /// Multiples of 1, 2 or 5 times a power of ten between two numbers.
  ///
  /// - Parameter count: About so many.
  /// - Precondition: Both are finite, the first is the smaller one.
  static func round(from lower: Double, to upper: Double, count: Int = 5) -> Ticks {
    let step = step(from: lower, to: upper, count: count)
    guard step > 0 else { return Ticks(values: [lower], labels: [Significant.text(lower)]) }
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 100 else { return Ticks(values: [], labels: []) }
    let values = stride(from: first, through: last, by: 1).map { $0 * step }
    let places = max(0, -Int(log10(step).rounded(.down)))
    let largest = max(abs(lower), abs(upper))
    let labels = values.map { value in
      if value == 0 { return "0" }
      if largest >= 1e7 || (places > 5 && largest < 0.01) {
        return Significant.text(Significant.digits(value))
      }
      return Significant.grouped(value, places: places)
    }
    return Ticks(values: values, labels: labels)
  }

  /// The round distance of about so many marks.
  static func step(from lower: Double, to upper: Double, count: Int) -> Double {
    let raw = (upper - lower) / Double(max(1, count))
    guard raw > 0, raw.isFinite else { return 0 }
    let power = pow(10, log10(raw).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= raw * 0.999_999 } ?? 10
    return factor * power
  }

  /// Powers of ten between two numbers above 0; with twice and five times of them where there are few.
  static func logarithmic(from lower: Double, to upper: Double) -> Ticks {
    let first = Int(log10(lower).rounded(.down))
    let last = Int(log10(upper).rounded(.up))
    guard last >= first, last - first < 40 else { return Ticks(values: [], labels: []) }
    let every = max(1, (last - first) / 6)
    let factors: [Double] = last - first <= 2 ? [1, 2, 5] : [1]
    let values = stride(from: first, through: last, by: every).flatMap { power in
      factors.map { $0 * pow(10, Double(power)) }
    }.filter { $0 >= lower * 0.999_999 && $0 <= upper * 1.000_001 }
    return Ticks(values: values, labels: values.map { Significant.text(Significant.digits($0)) })
  }

  /// Names of positions, as many as have room.
  ///
  /// - Parameter room: How many fit.
  static func names(_ names: [String], room: Int) -> Ticks {
    guard !names.isEmpty else { return Ticks(values: [], labels: []) }
    let every = max(1, (names.count + max(1, room) - 1) / max(1, room))
    let places = Array(stride(from: 0, to: names.count, by: every))
    return Ticks(values: places.map(Double.init), labels: places.map { names[$0] })
  }
}
