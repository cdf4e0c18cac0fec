import Foundation
import SluiceCompute
import SluiceTables
import Testing

@testable import SluiceTasks

/// How wide intervals are made by windows that networks have not learned from.
struct IntervalCalibrationTests {
  private typealias Generator = PhiloxGenerator

  /// A draw of a normal distribution.
  private func normal(_ generator: inout Generator) -> Float {
    let radius = (-2 * Foundation.log(Double(max(1e-7, generator.uniform())))).squareRoot()
    return Float(radius * Foundation.cos(2 * Double.pi * Double(generator.uniform())))
  }

  /// Truths around forecasts whose interval is `said` standard deviations wide on each side, in windows
  /// that have something in common.
  private func truths(
    windows: Int, horizon: Int, _ generator: inout Generator
  ) -> [[Float]] {
    (0..<windows).map { _ in
      let common = normal(&generator)
      return (0..<horizon).map { _ in 0.6 * common + 0.8 * normal(&generator) }
    }
  }

  private func calibration(_ truths: [[Float]], said: Float, trust: Float = 1)
    -> IntervalCalibration
  {
    var distances = IntervalCalibration.Distances(horizon: truths[0].count)
    for window in truths {
      for (step, truth) in window.enumerated() {
        distances.add(step: step, truth: truth, low: -said, median: 0, high: said)
      }
    }
    return IntervalCalibration(
      distances, levels: (0.1, 0.9), windows: Double(truths.count), trust: trust)
  }

  private func coverage(_ calibration: IntervalCalibration, of truths: [[Float]], said: Float)
    -> Double
  {
    var inside = 0
    var count = 0
    for window in truths {
      for (step, truth) in window.enumerated() {
        var quantiles = [-said, 0, said]
        calibration.widen(
          &quantiles, from: 0, count: 3, median: 1, step: step, of: window.count)
        #expect(quantiles[1] == 0)
        if quantiles[0] <= truth && truth <= quantiles[2] { inside += 1 }
        count += 1
      }
    }
    return Double(inside) / Double(count)
  }

  /// Networks that claim a quarter, or four times, of what is true are put right.
  @Test(arguments: [Float(0.3), 1.28, 5])
  func anIntervalOfKnownNoiseHoldsWhatItShould(_ said: Float) {
    var generator = Generator(RandomStream(seed: 3, stream: 2))
    let known = calibration(truths(windows: 400, horizon: 12, &generator), said: said)
    let new = truths(windows: 2000, horizon: 12, &generator)
    let found = coverage(known, of: new, said: said)
    #expect(abs(found - 0.8) < 0.035, "\(found)")
    #expect(known.isCertain([0.1, 0.5, 0.9]) && known.lower.count == 12)
  }

  /// Where windows are few, the interval errs on the wide side: on the mean over such models it holds
  /// no less than it should.
  @Test(arguments: [9, 15])
  func fewWindowsGiveAnIntervalThatIsRatherTooWide(_ windows: Int) {
    var generator = Generator(RandomStream(seed: 4, stream: 2))
    let new = truths(windows: 200, horizon: 6, &generator)
    var sum = 0.0
    let models = 200
    for _ in 0..<models {
      let known = calibration(truths(windows: windows, horizon: 6, &generator), said: 0.3)
      #expect(known.lower.count == 3)
      sum += coverage(known, of: new, said: 0.3)
    }
    let mean = sum / Double(models)
    #expect(mean > 0.79 && mean < 0.95, "\(mean)")
  }

  @Test func tooFewWindowsAreSaidToBe() {
    var generator = Generator(RandomStream(seed: 4, stream: 3))
    let few = calibration(truths(windows: 8, horizon: 6, &generator), said: 0.3)
    #expect(!few.isCertain([0.1, 0.5, 0.9]) && few.isCertain([0.2, 0.5, 0.8]))
    #expect(few.windows == 8 && few.lower.allSatisfy { $0 > 1 && $0 < 5 })
    #expect(!IntervalCalibration().isCertain([0.1, 0.5, 0.9]))
    #expect(!few.isCertain([0.5]))
    #expect(IntervalCalibration.fewestWindows([0.5]) == nil)
    #expect(IntervalCalibration.fewestWindows([0.025, 0.5, 0.975]) == 39)
    #expect(IntervalCalibration.fewestWindows([0.1, 0.5, 0.95]) == 19)
  }

  /// Models of earlier versions have three parts and no number of windows.
  @Test func whatEarlierVersionsWroteIsRead() throws {
    let text = #"{"base":2,"lower":[1,2,3],"share":0.75,"upper":[4,5,6]}"#
    let old = try JSONDecoder().decode(MixtureCalibration.self, from: Data(text.utf8))
    #expect(old.isPlausible && old.share == 0.75 && old.base == 2)
    #expect(old.intervals.windows == nil)
    for horizon in [1, 2, 3, 7, 90] {
      for step in 0..<horizon {
        let third = min(2, step * 3 / horizon)
        #expect(
          old.intervals.factor(isBelow: true, step: step, of: horizon) == [1, 2, 3][third])
        #expect(
          old.intervals.factor(isBelow: false, step: step, of: horizon) == [4, 5, 6][third])
      }
    }
    var new = old
    new.intervals.windows = 12
    let encoded = try JSONEncoder().encode(new)
    #expect(try JSONDecoder().decode(MixtureCalibration.self, from: encoded) == new)
  }

  @Test func numbersBeyondReasonAreRefused() {
    func isSound(_ change: (inout IntervalCalibration) -> Void) -> Bool {
      var calibration = IntervalCalibration()
      calibration.windows = 20
      change(&calibration)
      return calibration.isSound
    }
    #expect(isSound { _ in })
    #expect(!isSound { $0.lower = [] })
    #expect(!isSound { $0.lower = [1, 1] })
    #expect(!isSound { $0.upper = [.nan] })
    #expect(!isSound { $0.upper = [0] })
    #expect(!isSound { $0.windows = -1 })
    #expect(!isSound { $0.windows = .infinity })
  }

  @Test func heldOutWindowsLieBeforeTheEndAndCountSideBySide() throws {
    var text = "date,item,sales\n"
    for item in 0..<2 {
      for day in 0..<400 {
        let date = CivilDate(dayNumber: CivilDate(year: 2020, month: 1, day: 1).dayNumber + day)
        text += "\(DateFormat.iso.string(Timestamp(date))),\(item),\(day % 7)\n"
      }
    }
    let table = try Table(csv: text)
    let series = try SeriesSet(table, columns: SalesColumns.find(in: table))
    let held = HeldOutWindows(series, cut: 380, horizon: 8)
    // 380 / 5 of few series; four windows begin within each horizon.
    #expect(held.steps == 76)
    #expect(held.origins.first == 304 && held.origins.last == 372)
    let gaps = zip(held.origins, held.origins.dropFirst()).map { $1 - $0 }
    #expect(Set(gaps) == [2])
    #expect(held.series(of: series, at: 310, past: 28) == [0, 1])
    #expect(held.series(of: series, at: 310, past: 311) == [])
    let count = held.independent(of: series, past: 28)
    #expect(count == 19)
  }
}
