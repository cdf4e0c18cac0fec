import Foundation
import Testing

@testable import SluiceTasks
import SluiceTables

/// Sets made of planted factors.
enum Planted {
  static let weekdays = [-0.3, -0.1, -0.1, 0.0, 0.1, 0.15, 0.25]
  static let months = [-0.4, -0.2, -0.1, 0.1, 0.1, 0.2, 0.3, 0.2, 0.1, 0.0, 0.0, -0.3]
  static let years = [2013: 0.0, 2014: 0.1, 2015: 0.2, 2016: 0.3]

  /// A set with `value(series, timestamp)` at every step.
  static func set(
    _ step: TimeStep = .day, steps: Int, series: Int = 3, firstStep: [Int] = [],
    start: CivilDate = CivilDate(year: 2013, month: 1, day: 1),
    value: (Int, Timestamp) -> Double
  ) -> SeriesSet {
    let grid = TimeGrid(start: Timestamp(start), step: step)
    let first = firstStep.isEmpty ? [Int](repeating: 0, count: series) : firstStep
    return SeriesSet(
      columns: SalesColumns(date: "date", series: ["store"], target: "sales"),
      keys: (0..<series).map { ["\($0 + 1)"] }, grid: grid, format: .iso, stepCount: steps,
      values: (0..<series).flatMap { s in
        (0..<steps).map { t in t < first[s] ? 0 : Float(value(s, grid.timestamp(at: t))) }
      },
      firstStep: first, covariates: [], filledCount: 0, file: "planted.csv")
  }

  static func logSales(_ series: Int, _ date: CivilDate) -> Double {
    3 + Double(series) + weekdays[date.weekday] + months[date.month - 1] + (years[date.year] ?? 0)
  }

  /// Four years of days.
  static let days = 1461
}

@Suite struct DecompositionTests {
  static func term(_ kind: SeasonalTerm, _ decomposition: Decomposition) -> [Double] {
    decomposition.terms.first { $0.term == kind }?.values ?? []
  }

  static func near(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test func plantedEffectsAreFound() {
    let set = Planted.set(steps: Planted.days) { exp(Planted.logSales($0, $1.date)) - 1 }
    let found = Decomposition(set, upTo: Planted.days)
    #expect(Self.near(Self.term(.weekday, found), Planted.weekdays, 1e-5))
    #expect(Self.near(Self.term(.month, found), Planted.months.map { $0 - 0 }, 1e-5))
    let growth = (2014...2016).map { (found.years[$0] ?? 0) - (found.years[$0 - 1] ?? 0) }
    #expect(Self.near(growth, [0.1, 0.1, 0.1], 1e-5))
    #expect(abs(found.seriesMeans[1] - found.seriesMeans[0] - 1) < 1e-5)
    #expect(abs(found.meanOfSeries - found.seriesMeans[1]) < 1e-5)
    // What is left is the year.
    let residuals = found.residuals(of: set)
    let last = Double(residuals[Planted.days - 1])
    #expect(abs(last - Double(residuals[0]) - 0.3) < 1e-5)
    // The future has the same calendar.
    let date = set.grid.timestamp(at: 3000).date
    let expected = Planted.weekdays[date.weekday] + Planted.months[date.month - 1]
    #expect(abs(found.base(3000) - expected) < 1e-5)
    #expect(found.base(3000..<3001) == [Float(found.base(3000))])
  }

  @Test func stepsBehindTheCutPlayNoPart() {
    let set = Planted.set(steps: Planted.days) { exp(Planted.logSales($0, $1.date)) - 1 }
    var other = set
    for s in 0..<3 {
      for t in 1000..<Planted.days { other.values[s * Planted.days + t] = 7 }
    }
    #expect(Decomposition(set, upTo: 1000) == Decomposition(other, upTo: 1000))
  }

  @Test func seriesThatBeginLateDoNotBendTheRest() {
    let flat = { (s: Int, t: Timestamp) in
      exp(Planted.logSales(s, t.date) - (Planted.years[t.date.year] ?? 0)) - 1
    }
    let set = Planted.set(
      steps: Planted.days, firstStep: [0, 0, 1200], value: flat)
    let found = Decomposition(set, upTo: Planted.days)
    let whole = Decomposition(Planted.set(steps: Planted.days, value: flat), upTo: Planted.days)
    #expect(Self.near(Self.term(.month, found), Self.term(.month, whole), 1e-3))
    #expect(Self.near(found.seriesMeans, whole.seriesMeans, 1e-3))
    #expect(found.residuals(of: set)[2 * Planted.days + 1199] == 0)
    // A series from behind the cut gets the mean over series.
    let early = Decomposition(set, upTo: 1100)
    #expect(early.seriesMeans[2] == early.meanOfSeries)
  }

  @Test func withLessThanAYearThereIsNoMonth() {
    let set = Planted.set(steps: 200) { exp(Planted.logSales($0, $1.date)) - 1 }
    let found = Decomposition(set, upTo: 200)
    #expect(found.terms.map(\.term) == [.weekday])
    #expect(found.base(0) == Self.term(.weekday, found)[1])
  }

  @Test func shorterAndLongerStepsHaveTheirOwnTerms() {
    func terms(_ step: TimeStep, _ count: Int) -> [SeasonalTerm] {
      SeasonalTerm.terms(of: Planted.set(step, steps: 1) { _, _ in 0 }.grid, count: count)
    }
    #expect(terms(.seconds(1800), 48 * 400) == [.timeOfWeek, .month])
    #expect(terms(.seconds(1800), 48 * 20) == [.timeOfDay, .weekday])
    #expect(terms(.day, 400) == [.weekday, .month])
    #expect(terms(.seconds(604_800), 104) == [.month])
    #expect(terms(.months(1), 24) == [.month])
    #expect(terms(.months(3), 8) == [.month])
    #expect(terms(.months(12), 8) == [])
  }

  @Test func halfHoursOfTheWeekAreFound() {
    let shape = { (t: Timestamp) in
      Double(t.secondOfDay / 1800) / 48 * (t.date.weekday < 5 ? 1.0 : 0.5)
    }
    let set = Planted.set(.seconds(1800), steps: 48 * 7 * 5, series: 1) { exp(2 + shape($1)) - 1 }
    let found = Decomposition(set, upTo: set.stepCount)
    let residuals = found.residuals(of: set)
    #expect(residuals.allSatisfy { abs($0) < 1e-4 })
  }

  @Test func itSurvivesStorage() throws {
    let set = Planted.set(steps: 500) { exp(Planted.logSales($0, $1.date)) - 1 }
    let found = Decomposition(set, upTo: 450)
    let stored = try JSONEncoder().encode(found)
    #expect(try JSONDecoder().decode(Decomposition.self, from: stored) == found)
  }

  @Test func calendarFeatures() {
    let grid = Planted.set(steps: 1) { _, _ in 0 }.grid
    let calendar = CalendarFeatures(grid)
    #expect(calendar.count == 23)
    // 2013-01-01 was a Tuesday; 2013-03-04 is a Monday and the 63rd day of its year.
    let features = calendar.features(62..<63)
    #expect(features.count == 23)
    #expect(features.prefix(7) == [1, 0, 0, 0, 0, 0, 0])
    #expect(features[7 + 2] == 1)
    #expect(features.prefix(19).reduce(0, +) == 2)
    #expect(abs(features[19] - Float(sin(2 * Double.pi * 63 / 365.25))) < 1e-6)
    #expect(abs(features[22] - Float(cos(4 * Double.pi * 63 / 365.25))) < 1e-6)
    func count(_ step: TimeStep) -> Int {
      let calendar = CalendarFeatures(TimeGrid(start: grid.start, step: step))
      #expect(calendar.features(3..<5).count == 2 * calendar.count)
      return calendar.count
    }
    #expect(count(.seconds(3600)) == 27)
    #expect(count(.seconds(604_800)) == 16)
    #expect(count(.months(1)) == 16)
    #expect(CalendarFeatures(grid, harmonics: 0).count == 19)
  }
}
