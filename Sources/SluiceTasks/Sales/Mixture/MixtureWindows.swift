import SluicePlatform

/// Which windows: series and first step of the horizon.
package struct MixtureBatch: TrainingBatch {
  var series: [Int32]
  var origins: [Int32]

  package var count: Int { series.count }

  package func limited(to count: Int) -> MixtureBatch {
    MixtureBatch(
      series: Array(series.prefix(count)), origins: Array(origins.prefix(count)))
  }
}

/// What the network reads of some windows, on the host. All amounts are relative to the window's
/// level and in units of its scale.
struct MixtureWindows {
  /// `[history, N, E]`
  var past: [Float]
  /// `[horizon, N, D]`
  var future: [Float]
  /// `[N, 6]`
  var statics: [Float]
  /// `[horizon, N, 1 + K]`: the truth, then the bases; ``missing`` where there is none.
  var target: [Float]
  /// `[horizon, N]`: 0 where there is no truth.
  var weights: [Float]
  /// `[N]`
  var levels: [Float]
  /// `[N]`
  var scales: [Float]

  /// Stands for a base that the past does not give.
  static let missing: Float = 1e30
  static let staticColumns = 6
}

/// Cuts windows out of the past of series: the simple forecasts, the bases, that the network mixes, and
/// what it reads besides. The bases of a window know nothing from its origin on.
struct MixtureReader {
  let past: SeriesPast
  /// Steps of the past that the encoder reads.
  let history: Int

  var seasons: SeasonLengths { past.seasons }
  var hasProfile: Bool { !(past.shared?.profile.isEmpty ?? true) }

  /// K.
  var baseCount: Int {
    var count = 6
    if seasons.short > 0 { count += 3 }
    if seasons.long > 0 { count += 4 }
    if past.shared != nil {
      if seasons.short > 0 { count += 2 }
      if seasons.long > 0 { count += 6 }
      if hasProfile { count += 3 }
    }
    return count + 4 * smoothed.count + (hasAnnual ? 1 : 0)
  }

  /// The base that has the shape of last year, all series together where they tell; nil: none.
  var yearBase: Int? {
    guard seasons.long > 0 else { return nil }
    let own = 6 + (seasons.short > 0 ? 3 : 0)
    return past.shared == nil ? own + 2 : own + 4 + (seasons.short > 0 ? 2 : 0)
  }

  /// The base that is the mean of the last four short seasons.
  static let levelBase = 2

  /// The seasons that levels are freed of before they are smoothed; 1: none.
  var smoothed: [Int] {
    if seasons.short == 0 { return [max(1, seasons.long)] }
    // A week of hours has a shape of its own; a year of days has too little of one.
    return seasons.long == 7 * seasons.short ? [seasons.short, seasons.long] : [seasons.short]
  }

  /// Whether the year is read beside the week.
  var hasAnnual: Bool { seasons.short > 0 && seasons.long > 7 * seasons.short }

  /// What the decoder reads of amounts: the bases and some more.
  private var featureCount: Int { baseCount + 1 + (seasons.long > 0 ? 3 : 0) }

  /// E.
  var pastColumns: Int {
    2 + (seasons.short > 0 ? 1 : 0) + (seasons.long > 0 ? 1 : 0) + (past.shared == nil ? 0 : 1)
      + past.calendarColumns + past.covariateColumns
  }

  /// D.
  var futureColumns: Int {
    featureCount + past.calendarColumns + past.covariateColumns + 3
  }

  /// Cuts out a batch.
  ///
  /// - Parameter end: Truths from this step on are unknown.
  /// - Complexity: O(N · (history · E + horizon · D)).
  func windows(_ batch: MixtureBatch, before end: Int, hidesHistory: Bool = false)
    -> MixtureWindows
  {
    let count = batch.count
    let horizon = past.horizon
    var windows = MixtureWindows(
      past: [Float](repeating: 0, count: history * count * pastColumns),
      future: [Float](repeating: 0, count: horizon * count * futureColumns),
      statics: [Float](repeating: 0, count: count * MixtureWindows.staticColumns),
      target: [Float](repeating: 0, count: horizon * count * (1 + baseCount)),
      weights: [Float](repeating: 0, count: horizon * count),
      levels: [Float](repeating: 0, count: count), scales: [Float](repeating: 0, count: count))
    for row in 0..<count {
      let series = Int(batch.series[row])
      let origin = Int(batch.origins[row])
      let frame = frame(series, origin)
      windows.levels[row] = frame.level
      windows.scales[row] = frame.scale
      fillFuture(&windows, frame, row, of: count)
      fillTruth(&windows, frame, row, of: count, before: end)
      fillPast(&windows, frame, row, of: count, hidden: hidesHistory)
    }
    return windows
  }

  /// What a window is measured by.
  struct Frame {
    var series: Int
    var origin: Int
    var level: Float
    var scale: Float
    /// The last value, and the means of the last 4 and 13 short seasons.
    var last: Float
    var mean4: Float
    var mean13: Float

    @inline(__always)
    func relative(_ value: Float) -> Float {
      min(max((value - level) / scale, -20), 20)
    }
  }

  private func frame(_ series: Int, _ origin: Int) -> Frame {
    let span = seasons.level
    let level = past.mean(series, before: origin, span) ?? 0
    let recent = past.meanChange(series, before: origin, max(history, 2 * span))
    let all = past.meanChange(series, before: origin, origin)
    let change = (0.7 * recent * recent + 0.3 * all * all).squareRoot()
    return Frame(
      series: series, origin: origin, level: level,
      scale: change * (seasons.short > 0 ? 1 : 2) + past.transform.floor,
      last: past.value(series, origin - 1) ?? level,
      mean4: past.mean(series, before: origin, 4 * span) ?? level,
      mean13: past.mean(series, before: origin, 13 * span) ?? level)
  }

  private func fillTruth(
    _ windows: inout MixtureWindows, _ frame: Frame, _ row: Int, of count: Int, before end: Int
  ) {
    // Series with large changes weigh more, by the square root.
    let weight = frame.scale.squareRoot()
    for ahead in 0..<past.horizon where frame.origin + ahead < min(end, past.steps) {
      let place = ahead * count + row
      guard let value = past.value(frame.series, frame.origin + ahead) else { continue }
      windows.target[place * (1 + baseCount)] = (value - frame.level) / frame.scale
      windows.weights[place] = weight
    }
  }

  private func fillPast(
    _ windows: inout MixtureWindows, _ frame: Frame, _ row: Int, of count: Int, hidden: Bool
  ) {
    let columns = pastColumns
    let lags = [seasons.short, seasons.long].filter { $0 > 0 }
    let lagLevels = lags.map { past.mean(frame.series, before: frame.origin - $0, seasons.level) }
    let sharedLevel = past.shared?.mean(before: frame.origin, seasons.level) ?? 0
    for k in 0..<history {
      let step = frame.origin - history + k
      var place = (k * count + row) * columns
      let value = hidden ? nil : past.value(frame.series, step)
      if let value {
        windows.past[place] = frame.relative(value)
        windows.past[place + 1] = 1
      }
      place += 2
      for (lag, level) in zip(lags, lagLevels) {
        if let value, let before = past.value(frame.series, step - lag), let level {
          windows.past[place] = frame.relative(value - before + level)
        }
        place += 1
      }
      if let shared = past.shared {
        if let value, let common = shared.value(step) {
          windows.past[place] = frame.relative(value - common + sharedLevel)
        }
        place += 1
      }
      // Before its first step a series stands in the calendar of that step.
      fillKnown(&windows.past, place, frame.series, max(0, step))
    }
  }

  /// Calendar and covariates.
  @inline(__always)
  private func fillKnown(_ to: inout [Float], _ place: Int, _ series: Int, _ step: Int) {
    let (c, x) = (past.calendarColumns, past.covariateColumns)
    for j in 0..<c { to[place + j] = past.calendar[step * c + j] }
    guard x > 0 else { return }
    let row = (series * (past.steps + past.horizon) + step) * x
    for j in 0..<x { to[place + c + j] = past.covariates[row + j] }
  }

  private func fillFuture(
    _ windows: inout MixtureWindows, _ frame: Frame, _ row: Int, of count: Int
  ) {
    let horizon = past.horizon
    let columns = futureColumns
    let width = 1 + baseCount
    let (series, origin) = (frame.series, frame.origin)
    let (short, long, span) = (seasons.short, seasons.long, seasons.level)
    // Drifts: by a year or four levels, by two levels at half strength, and by the whole past.
    let drift = past.value(series, origin - 1 - driftSpan).map {
      (frame.last - $0) / Float(driftSpan)
    }
    let shortDrift = past.value(series, origin - 1 - max(1, 2 * span)).map {
      (frame.last - $0) / Float(max(1, 2 * span))
    }
    let first = past.value(series, past.firstStep[series]) ?? frame.last
    let whole = (frame.last - first) / Float(max(1, origin - 1 - past.firstStep[series]))
    let statics = [
      log(frame.scale) * 0.3 + 1, frame.relative(frame.last), frame.relative(frame.mean4),
      frame.relative(frame.mean13),
      min(max((drift ?? 0) / frame.scale * Float(driftSpan) / 2, -20), 20),
      log(1 + Float(origin - past.firstStep[series])) * 0.2,
    ]
    for (place, value) in statics.enumerated() {
      windows.statics[row * MixtureWindows.staticColumns + place] = value
    }
    var column = 0
    var base = 0
    windows.future.withUnsafeMutableBufferPointer { future in
      windows.target.withUnsafeMutableBufferPointer { target in
        func feature(_ isBase: Bool, _ value: (_ ahead: Int) -> Float?) {
          for ahead in 0..<horizon {
            let place = ahead * count + row
            let found = value(ahead).map(frame.relative)
            future[place * columns + column] = (found ?? 0) / 2
            if isBase { target[place * width + 1 + base] = found ?? MixtureWindows.missing }
          }
          column += 1
          if isBase { base += 1 }
        }
        feature(true) { _ in frame.last }
        feature(true) { _ in frame.level }
        feature(true) { _ in frame.mean4 }
        feature(true) { _ in frame.mean13 }
        feature(true) { ahead in drift.map { frame.last + $0 * Float(ahead + 1) } }
        feature(false) { ahead in shortDrift.map { frame.last + $0 * Float(ahead + 1) / 2 } }
        feature(true) { ahead in frame.last + whole * Float(ahead + 1) }
        if short > 0 { shortSeason(frame, feature) }
        if long > 0 { longSeason(frame, feature) }
        if let shared = past.shared { commonShape(frame, shared, feature) }
        smoothedLevels(frame, feature)

        let isKnown: Float = shortDrift == nil ? 0 : 1
        for ahead in 0..<horizon {
          let place = (ahead * count + row) * columns
          let position = Float(ahead + 1) / Float(horizon)
          future[place + columns - 3] = position
          future[place + columns - 2] = position.squareRoot()
          future[place + columns - 1] = isKnown
        }
      }
    }
    for ahead in 0..<horizon {
      fillKnown(
        &windows.future, (ahead * count + row) * columns + featureCount, series, origin + ahead)
    }
  }

  private var driftSpan: Int {
    seasons.long > 0 && seasons.short == 0 ? seasons.long : 4 * seasons.level
  }
}
