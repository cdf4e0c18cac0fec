import SluicePlatform

/// How amounts become what a network reads, and back.
enum ValueTransform: Codable, Hashable, Sendable {
  /// log(amount + offset)
  case logarithm(offset: Float)
  /// amount / unit of the series: where amounts are negative, or often 0.
  case linear

  /// Chooses by the steps before `cut`.
  init(_ set: SeriesSet, upTo cut: Int) {
    var sample: [Float] = []
    var zeros = 0
    var least = Float.infinity
    for series in 0..<set.seriesCount {
      for step in min(set.firstStep[series], cut)..<cut {
        let value = set[series, step]
        sample.append(value)
        if value == 0 { zeros += 1 }
        least = min(least, value)
      }
    }
    guard least >= 0, zeros * 100 <= sample.count, !sample.isEmpty else {
      self = .linear
      return
    }
    sample.sort()
    let median = sample[sample.count / 2]
    self = .logarithm(
      offset: least > 0 && least > 1e-3 * median ? 0 : max(1e-2 * median, min(1, median)))
  }

  func callAsFunction(_ value: Float, unit: Float) -> Float {
    switch self {
    case .logarithm(let offset): log(max(value + offset, .leastNormalMagnitude))
    case .linear: value / unit
    }
  }

  func inverse(_ value: Double, unit: Float) -> Float {
    switch self {
    case .logarithm(let offset): Float(max(0, exp(value) - Double(offset)))
    case .linear: Float(value * Double(unit))
    }
  }

  /// What keeps the scale of a series that hardly moves from vanishing.
  var floor: Float { self == .linear ? 1e-2 : 1e-3 }
}
