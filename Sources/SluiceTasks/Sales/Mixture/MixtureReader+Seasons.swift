/// The bases and features that seasons give.
extension MixtureReader {
  /// Takes the value of a column for each step ahead, and whether it is a base.
  typealias Feature = (_ isBase: Bool, _ value: (_ ahead: Int) -> Float?) -> Void

  /// The phases of the last short seasons, each free of its own level.
  func shortSeason(_ frame: Frame, _ feature: Feature) {
    let short = seasons.short
    let levels = (0..<4).map { past.mean(frame.series, before: frame.origin - $0 * short, short) }
    func phase(_ ahead: Int, _ back: Int) -> Float? {
      let step = frame.origin + ahead - short * (ahead / short + 1) - back * short
      guard let value = past.value(frame.series, step), let level = levels[back] else { return nil }
      return value - level
    }
    let means = (0..<past.horizon).map { ahead in Self.mean { phase(ahead, $0) } }
    feature(true) { phase($0, 0).map { $0 + frame.level } }
    feature(true) { means[$0].map { $0 + frame.level } }
    feature(true) { means[$0].map { $0 + frame.mean4 } }
  }

  /// The same steps of the last long seasons, raw, at today's level, and averaged.
  func longSeason(_ frame: Frame, _ feature: Feature) {
    let (long, span) = (seasons.long, seasons.level)
    let (series, origin) = (frame.series, frame.origin)
    func step(_ ahead: Int, _ back: Int) -> Int {
      origin + ahead - long * (ahead / long + 1) - back * long
    }
    feature(true) { past.value(series, step($0, 0)) }
    for width in [span, 4 * span] {
      let then = past.mean(series, before: origin - long, width)
      let now = past.mean(series, before: origin, width) ?? frame.level
      feature(true) { ahead in
        guard let value = past.value(series, step(ahead, 0)), let then else { return nil }
        return value - then + now
      }
    }
    let levels = (0..<4).map { past.mean(series, before: origin - long * ($0 + 1), 4 * span) }
    for neighbour in [-1, 1] {
      feature(false) { ahead in
        let place = min(step(ahead, 0) + neighbour, origin - 1)
        guard let value = past.value(series, place), let level = levels[0] else { return nil }
        return value - level + frame.mean4
      }
    }
    feature(false) { ahead in
      let end = min(step(ahead, 0) + 1 + 2 * span, origin)
      guard past.value(series, step(ahead, 0)) != nil, let level = levels[0],
        let smooth = past.mean(series, before: end, 4 * span + 1)
      else { return nil }
      return smooth - level + frame.mean4
    }
    feature(true) { ahead in
      Self.mean { back in
        guard let value = past.value(series, step(ahead, back)), let level = levels[back] else {
          return nil
        }
        return value - level
      }.map { $0 + frame.mean4 }
    }
  }

  /// The same of what all series have in common, at the series' own level.
  func commonShape(_ frame: Frame, _ shared: SeriesPast.SharedPast, _ feature: Feature) {
    let (short, long, span) = (seasons.short, seasons.long, seasons.level)
    let (series, origin) = (frame.series, frame.origin)
    func shape(_ ahead: Int, _ season: Int, _ levels: [Float?]) -> Float? {
      Self.mean { back in
        let step = origin + ahead - season * (ahead / season + 1) - back * season
        guard let value = shared.value(step), let level = levels[back] else { return nil }
        return value - level
      }
    }
    if short > 0 {
      let levels = (0..<4).map { shared.mean(before: origin - $0 * short, short) }
      let shapes = (0..<past.horizon).map { shape($0, short, levels) }
      feature(true) { shapes[$0].map { $0 + frame.level } }
      feature(true) { shapes[$0].map { $0 + frame.mean4 } }
    }
    let sinceFirst = origin - past.firstStep[series]
    if long > 0 {
      let levels = (0..<4).map { shared.mean(before: origin - long * ($0 + 1), 4 * span) }
      for (then, now) in [
        (levels[0], frame.mean4), (shared.mean(before: origin - long, 13 * span), frame.mean13),
      ] {
        feature(true) { ahead in
          let step = origin + ahead - long * (ahead / long + 1)
          guard let value = shared.value(step), let then else { return nil }
          return value - then + now
        }
      }
      let shapes = (0..<past.horizon).map { shape($0, long, levels) }
      feature(true) { shapes[$0].map { $0 + frame.mean4 } }
      // The own level measured beside that of all, over long and short spans.
      let recent = shared.mean(before: origin, 4 * span) ?? 0
      for width in [13 * span, short > 0 ? 52 * span : 26, sinceFirst] {
        let width = min(width, sinceFirst)
        let own = past.mean(series, before: origin, width) ?? frame.level
        let common = shared.mean(before: origin, width) ?? recent
        feature(true) { shapes[$0].map { $0 + own - common + recent } }
      }
    }
    guard hasProfile else { return }
    let own = past.mean(series, before: origin, sinceFirst) ?? frame.level
    let common = shared.mean(before: origin, sinceFirst) ?? 0
    for width in [4 * span, 13 * span, 52 * span] {
      let rest = shared.meanRest(before: origin, width) ?? 0
      feature(true) { shared.profile[origin + $0] + own - common + rest }
    }
  }

  /// Levels smoothed over few and over more steps, with the season's shape, as they are and drifting.
  func smoothedLevels(_ frame: Frame, _ feature: Feature) {
    for (place, season) in smoothed.enumerated() {
      let found = SmoothedSeason(past, frame.series, origin: frame.origin, season: season)
      feature(true) { ahead in found.map { $0.quick + $0.shape(ahead) } }
      feature(true) { ahead in found.map { $0.slow + $0.shape(ahead) } }
      feature(true) { ahead in
        found.map { $0.slow + $0.shape(ahead) + $0.trend * Float(ahead + 1) }
      }
      feature(true) { ahead in
        found.map { $0.quick + $0.shape(ahead) + $0.trend * Float(ahead + 1) / 2 }
      }
      guard place == 0, hasAnnual else { continue }
      feature(true) { ahead in
        guard let found, let year = annualChange(frame, ahead) else { return nil }
        return found.slow + found.shape(ahead) + year
      }
    }
  }

  /// By how much the level moved from here to so many steps ahead, in the years before.
  private func annualChange(_ frame: Frame, _ ahead: Int) -> Float? {
    let (long, span) = (seasons.long, seasons.level)
    return Self.mean { back in
      let here = frame.origin - long * (back + 1)
      let there = here + ahead % long
      guard past.value(frame.series, here - 2 * span) != nil,
        let then = past.mean(frame.series, before: min(there + 2 * span, frame.origin), 4 * span),
        let level = past.mean(frame.series, before: here + 2 * span, 4 * span)
      else { return nil }
      return then - level
    }
  }

  /// The mean over the last four seasons of what they give.
  @inline(__always)
  private static func mean(_ value: (_ back: Int) -> Float?) -> Float? {
    var sum: Float = 0
    var count: Float = 0
    for back in 0..<4 {
      guard let value = value(back) else { continue }
      sum += value
      count += 1
    }
    return count > 0 ? sum / count : nil
  }
}
