import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTasks
import SluiceTables

/// Windows, their bases and what is made of them.
struct MixtureTests {
  /// Series with a season of the steps, a trend and noise of their own.
  private func set(_ step: TimeStep, steps: Int, series: Int = 6) -> SeriesSet {
    var generator = PhiloxGenerator(RandomStream(seed: 11, stream: 3))
    return Planted.set(
      step, steps: steps, series: series,
      firstStep: [0, steps / 3]
        + [Int](repeating: 0, count: series - 2)
    ) { s, t in
      let season = sin(Double(t.date.dayOfYear) / 58) + 0.2 * Double(t.date.weekday)
      return 40 + Double(10 * s) + 8 * season + 4 * Double(generator.uniform())
    }
  }

  private func reader(_ set: SeriesSet, cut: Int, horizon: Int = 9, history: Int = 20)
    -> (reader: MixtureReader, fit: MixtureFit)
  {
    let fit = MixtureFit(set, cut: cut, horizon: horizon)
    let past = fit.past(
      amounts: set.values, firstStep: set.firstStep, units: fit.units, steps: set.stepCount,
      origin: 0, set.grid, horizon: horizon, covariates: [], columns: 0)
    return (MixtureReader(past: past, history: history), fit)
  }

  /// What a window reads must not change with what comes from its origin on.
  @Test(arguments: [
    (TimeStep.seconds(3600), 600), (.day, 900), (.seconds(604_800), 200), (.months(1), 90),
    (.months(3), 60), (.months(12), 40), (.seconds(2 * 86_400), 300),
  ])
  func windowsDoNotLookBehindTheirOrigin(_ step: TimeStep, _ steps: Int) {
    let set = set(step, steps: steps)
    let origin = steps - steps / 4
    var other = set
    for series in 0..<set.seriesCount {
      for step in origin..<steps { other.values[series * steps + step] *= 7 }
    }
    let batch = MixtureBatch(
      series: (0..<6).map(Int32.init), origins: [Int32](repeating: Int32(origin), count: 6))
    let (a, fit) = reader(set, cut: origin)
    let (b, otherFit) = reader(other, cut: origin)
    #expect(fit.transform == otherFit.transform && fit.units == otherFit.units)
    let (left, right) = (a.windows(batch, before: steps), b.windows(batch, before: steps))
    #expect(left.past == right.past)
    #expect(left.future == right.future)
    #expect(left.statics == right.statics)
    #expect(left.levels == right.levels && left.scales == right.scales)
    let width = 1 + a.baseCount
    var truths = 0
    for place in left.target.indices {
      if place % width == 0 {
        truths += left.target[place] == right.target[place] ? 0 : 1
      } else {
        #expect(left.target[place] == right.target[place], "base \(place % width - 1)")
      }
    }
    #expect(truths == 6 * 9)
    #expect(left.past.count == 20 * 6 * a.pastColumns)
    #expect(left.future.count == 9 * 6 * a.futureColumns)
    #expect((left.past + left.future + left.statics).allSatisfy { $0.isFinite })
    // Where the truths are not to be known, they are left out.
    #expect(a.windows(batch, before: origin + 4).weights.count { $0 > 0 } == 6 * 4)
  }

  /// Bases by hand, on one series of days without noise: 100 · 2^(weekday == Sunday).
  @Test func basesAreTheSimpleForecastsTheyAreNamedFor() throws {
    let set = Planted.set(steps: 60, series: 1) { _, t in t.date.weekday == 6 ? 200 : 100 }
    let (reader, fit) = reader(set, cut: 60)
    #expect(fit.transform == .logarithm(offset: 0))
    #expect(fit.seasons == SeasonLengths(set.grid, length: 60, horizon: 9))
    #expect(fit.seasons.short == 7 && fit.seasons.long == 0)
    #expect(reader.baseCount == 13 && reader.yearBase == nil)
    let windows = reader.windows(
      MixtureBatch(series: [0], origins: [50]), before: 60)
    func amount(_ base: Int, _ ahead: Int) -> Float {
      let value = windows.target[ahead * 14 + base]
      return fit.transform.inverse(
        Double(windows.levels[0]) + Double(value) * Double(windows.scales[0]), unit: 1)
    }
    for ahead in 0..<9 {
      let truth = set[0, 50 + ahead]
      #expect(abs(amount(0, ahead) - truth) < 0.01)
      #expect(abs(amount(1, ahead) - set[0, 49]) < 0.01, "the last value")
      for phase in 7...9 { #expect(abs(amount(phase, ahead) - truth) < 0.01, "a season ago") }
      for smooth in 10...13 { #expect(abs(amount(smooth, ahead) - truth) < 0.01, "smoothed") }
    }
  }

  /// From -20 by 2 a step, and a season of four: smoothing must find each of them.
  @Test func levelTrendAndSeasonAreTakenApart() throws {
    let season: [Double] = [5, -3, 2, -4]
    let set = Planted.set(.months(3), steps: 40, series: 1) { _, t in
      let step = (t.date.year - 2013) * 4 + (t.date.month - 1) / 3
      return -20 + 2 * Double(step) + season[step % 4]
    }
    let fit = MixtureFit(set, cut: 40, horizon: 4)
    let past = fit.past(
      amounts: set.values, firstStep: [0], units: fit.units, steps: 40, origin: 0, set.grid,
      horizon: 4,
      covariates: [], columns: 0)
    let found = try #require(SmoothedSeason(past, 0, origin: 32, season: 4))
    #expect(abs(found.trend * fit.units[0] - 2) < 1e-3)
    for ahead in 0..<8 {
      let value =
        (found.slow + found.shape(ahead) + found.trend * Float(ahead + 1)) * fit.units[0]
      #expect(abs(value - set[0, 32 + ahead]) < 0.01, "\(value)")
    }
    #expect(abs(found.quick - found.slow) * fit.units[0] < 2.5)
    #expect(SmoothedSeason(past, 0, origin: 3, season: 4) == nil)
  }

  /// Years name no season; what comes again each eight of them is found, and noise is not.
  @Test func aSeasonWithoutANameIsFound() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 3, stream: 3))
    let set = Planted.set(.months(12), steps: 90, series: 2) { s, t in
      100 + 30 * sin(2 * .pi * Double(t.date.year) / 8) + Double(t.date.year - 2000) / 3
        + 8 * Double(generator.uniform())
    }
    #expect(FoundSeason.steps(set, cut: 80) == 8)
    let seasons = SeasonLengths(set, cut: 80, horizon: 6)
    #expect(seasons.short == 8 && seasons.long == 0)
    // It is said, and is a baseline too.
    var settings = SalesTask.standard
    settings.horizon = 6
    let remarks = try SalesTask(set, settings).remarks
    #expect(
      remarks.contains {
        if case .note(let text) = $0 { text.contains("every 8 steps") } else { false }
      })
    let baselines = SalesBaselines(set, upTo: 80, horizon: 6).all
    let naive = try #require(baselines.first { $0.name == "naive_season" })
    #expect(naive.explanation == "8 steps before" && naive.values[0] == set[0, 72])
    let noise = Planted.set(.months(12), steps: 90, series: 2) { _, _ in
      100 + 30 * Double(generator.uniform())
    }
    #expect(FoundSeason.steps(noise, cut: 80) == nil)
    var walk = 200.0
    let wandering = Planted.set(.months(12), steps: 90, series: 1) { _, _ in
      walk += 4 * Double(generator.uniform()) - 2
      return walk
    }
    #expect(FoundSeason.steps(wandering, cut: 90) == nil)
    #expect(FoundSeason.steps(set, cut: 7) == nil)
  }

  @Test func zerosAndNegativesAreNotTakenInLogarithms() {
    let sold = Planted.set(steps: 50) { _, t in Double(t.date.day) }
    #expect(MixtureFit(sold, cut: 50, horizon: 5).transform == .logarithm(offset: 0))
    let often = Planted.set(steps: 50) { _, t in t.date.day % 5 == 0 ? 3 : 0 }
    #expect(MixtureFit(often, cut: 50, horizon: 5).transform == .linear)
    let signed = Planted.set(steps: 50) { _, t in Double(t.date.day) - 15 }
    let fit = MixtureFit(signed, cut: 50, horizon: 5)
    #expect(fit.transform == .linear && !fit.isPositive)
    // What lies behind the cut does not decide.
    let late = Planted.set(steps: 50) { _, t in t.date.month == 2 ? -1 : 5 }
    #expect(MixtureFit(late, cut: 31, horizon: 5).isPositive)
    for transform in [ValueTransform.linear, .logarithm(offset: 0), .logarithm(offset: 2)] {
      let there = transform(37, unit: 5)
      #expect(abs(transform.inverse(Double(there), unit: 5) - 37) < 1e-3)
    }
  }

  /// A forecast of one window, of which only what is given matters.
  private func forecast(_ truths: [Float], _ base: [Float], _ quantiles: [Float])
    -> MixtureForecast
  {
    var forecast = MixtureForecast(horizon: truths.count, count: 1, quantileCount: 3)
    forecast.target = zip(truths, base).flatMap { [$0, $1] }
    forecast.weights = truths.map { _ in 1 }
    forecast.quantiles = truths.flatMap { _ in quantiles }
    return forecast
  }

  @Test func intervalsBecomeAsWideAsHeldOutErrorsAsk() {
    // Errors of −30 … 30 around an interval of ± 1.
    let truths = (0..<300).map { Float(($0 * 37) % 61 - 30) }
    let found = forecast(truths, truths.map { _ in 1e30 }, [-1, 0, 1])
    let calibration = MixtureCalibration(
      found, levels: (0.1, 0.9), windows: 60, trust: 1)
    #expect(calibration.share == 1)
    let wide = calibration.widened(found)
    let inside = truths.indices.count {
      wide.quantiles[3 * $0] <= truths[$0] && truths[$0] <= wide.quantiles[3 * $0 + 2]
    }
    #expect((240...258).contains(inside), "\(inside) of 300")
    // Too wide an interval is narrowed only where there is enough to say so.
    let broad = forecast(truths, truths.map { _ in 1e30 }, [-100, 0, 100])
    let narrow = MixtureCalibration(broad, levels: (0.1, 0.9), windows: 60, trust: 1)
    let careful = MixtureCalibration(broad, levels: (0.1, 0.9), windows: 60, trust: 0.1)
    #expect(narrow.intervals.upper[1] < 0.35 && careful.intervals.upper[1] > 0.8)
  }

  @Test func aForecastLeansOnABaseThatIsBetter() {
    let truths = (0..<60).map { Float($0 % 7) }
    let bad = forecast(truths, truths, [9, 10, 11])
    let calibration = MixtureCalibration(bad, levels: (0.1, 0.9), windows: 10, trust: 1)
    #expect(calibration.base == 0 && calibration.share == 0.5)
    let moved = calibration.leaning(bad)
    #expect(moved.median(at: 3) == 6.5)
    let good = forecast(truths.map { _ in 10 }, truths, [9, 10, 11])
    #expect(
      MixtureCalibration(good, levels: (0.1, 0.9), windows: 10, trust: 1).share == 1)
  }

  @Test func samplesKeepToTheirRange() {
    let grid = TimeGrid(start: Timestamp(CivilDate(year: 2020, month: 1, day: 1)), step: .day)
    let seasons = SeasonLengths(grid, length: 100, horizon: 10)
    let sampler = MixtureSampler([0, 40, 95, 200], seasons: seasons, end: 100, horizon: 10)
    var seen: [Int32: Int] = [:]
    for step in 0..<50 {
      let batch = sampler.batch(40, seed: 2, step: step, microBatch: 0)
      for (series, origin) in zip(batch.series, batch.origins) {
        #expect(origin < 96 && origin >= (series == 0 ? 14 : 54), "\(series) from \(origin)")
        seen[series, default: 0] += 1
      }
      #expect(sampler.batch(40, seed: 2, step: step, microBatch: 0).origins == batch.origins)
      #expect(sampler.batch(40, seed: 2, step: step, microBatch: 1).origins != batch.origins)
    }
    // By the root of their windows: 82 and 42.
    #expect(Set(seen.keys) == [0, 1])
    #expect((1.2...1.6).contains(Double(seen[0] ?? 0) / Double(seen[1] ?? 1)), "\(seen)")
  }

  @Test func strangersSellLikeTheirPeers() {
    let set = Planted.set(steps: 60, series: 4) { s, _ in s < 2 ? 10 : 1000 }
    let fit = MixtureFit(set, cut: 60, horizon: 5)
    let keys = [["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"]]
    let new = fit.strangers([["b", "z"], ["c", "z"]], known: keys, steps: 60)
    #expect(new.amounts.count == 120)
    #expect(abs(new.amounts[30] - 1000) < 1 && abs(new.amounts[90] - 100) < 1)
  }
}
