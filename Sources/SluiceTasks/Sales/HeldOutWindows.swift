/// The windows at the end of the training steps that a network is kept from, to see how far it can be
/// believed: they say how wide its intervals must be.
struct HeldOutWindows {
  /// One horizon to two of the steps, by how many the series have; of few series more.
  let steps: Int
  /// Where windows begin, the earliest first.
  let origins: [Int]
  private let horizon: Int
  /// From one window of a series to the next.
  private let stride: Int
  private let cut: Int

  /// - Parameters:
  ///   - cut: Steps to learn from.
  ///   - horizon: Of a forecast.
  init(_ set: SeriesSet, cut: Int, horizon: Int) {
    let median = set.medianLength(until: cut)
    let count = median / horizon
    var held = count >= 20 ? 2 * horizon : count >= 12 ? horizon * 3 / 2 : horizon
    if set.seriesCount < 50 {
      let wanted = horizon * ((100 + set.seriesCount - 1) / set.seriesCount) / 2
      held = max(horizon, min(median / 5, wanted))
    }
    steps = min(held, median / 3)
    // Windows of few series overlap more, so that there is something to choose by.
    stride = max(1, horizon / (set.seriesCount < 50 ? 4 : 2))
    origins = Array(
      Swift.stride(
        from: cut - steps, through: cut - max(1, min(horizon, steps)), by: stride))
    self.horizon = horizon
    self.cut = cut
  }

  /// The series that have a past at an origin.
  ///
  /// - Parameter past: The steps that this takes.
  func series(of set: SeriesSet, at origin: Int, past: Int) -> [Int] {
    (0..<set.seriesCount).filter { set.firstStep[$0] + past <= origin }
  }

  /// How many windows lie side by side, over all series.
  ///
  /// - Parameter past: The steps of its own that a series must have before a window.
  func independent(of set: SeriesSet, past: Int) -> Double {
    (0..<set.seriesCount).reduce(0) { sum, series in
      let own = origins.count { set.firstStep[series] + past <= $0 }
      return sum + (own == 0 ? 0 : 1 + Double((own - 1) * stride) / Double(horizon))
    }
  }

  /// How far, of 0 ... 1, the windows suffice to make intervals narrower than networks say: these are
  /// sometimes right to fear what a few windows do not show.
  func trust(series: Int) -> Float {
    Float(min(1, Double(series) / 400 + Double(steps) / Double(horizon) / 20))
  }
}
