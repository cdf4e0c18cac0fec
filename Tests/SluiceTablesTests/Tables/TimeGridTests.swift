import Foundation
import Testing

@testable import SluiceTables

@Suite struct TimeGridTests {
  static let start = Timestamp(CivilDate(year: 2013, month: 1, day: 31))

  @Test(
    arguments: [
      (TimeStep.seconds(1800), "30 minutes"), (.seconds(3600), "hour"), (.seconds(86_400), "day"),
      (.seconds(604_800), "week"), (.seconds(172_800), "2 days"), (.months(1), "month"),
      (.months(3), "3 months"), (.months(12), "year"),
    ])
  func theStepIsFound(_ step: TimeStep, _ name: String) throws {
    let grid = TimeGrid(start: Self.start, step: step, isMonthEnd: step == .months(1))
    // With holes, and in no order.
    let steps = (0..<60).filter { ![7, 20, 21].contains($0) }
    let found = try #require(TimeGrid.find(steps.reversed().map(grid.timestamp(at:))))
    #expect(found.step == step)
    #expect(found.step.name == name)
    #expect(found.start == Self.start)
    for index in -20..<200 { #expect(found.index(of: grid.timestamp(at: index)) == index) }
  }

  @Test func monthEndsStayMonthEnds() throws {
    let dates = [(31, 1), (28, 2), (31, 3), (30, 4)].map {
      Timestamp(CivilDate(year: 2013, month: $0.1, day: $0.0))
    }
    let grid = try #require(TimeGrid.find(dates))
    #expect(grid.step == .months(1))
    #expect(grid.timestamp(at: 37).date == CivilDate(year: 2016, month: 2, day: 29))
    #expect(grid.index(of: Timestamp(CivilDate(year: 2013, month: 5, day: 30))) == nil)
  }

  @Test func oneStrayTimestampDoesNotMoveTheGrid() throws {
    let days = (0..<30).map { Timestamp(seconds: Self.start.seconds + $0 * 86_400) }
    for stray in [-3600, 5 * 86_400 + 60] {
      let odd = Timestamp(seconds: Self.start.seconds + stray)
      let grid = try #require(TimeGrid.find(days + [odd]))
      #expect(grid.step == .day)
      #expect(grid.index(of: odd) == nil)
      for day in days { #expect(grid.index(of: day) != nil) }
    }
  }

  @Test func oneDateMakesNoGrid() {
    #expect(TimeGrid.find([]) == nil)
    #expect(TimeGrid.find([Self.start]) == nil)
  }

  @Test func seasons() {
    func grid(_ step: TimeStep) -> TimeGrid { TimeGrid(start: Self.start, step: step) }
    #expect(grid(.day).stepsPerYear == 364)
    #expect(grid(.day).stepsPerWeek == 7)
    #expect(grid(.seconds(1800)).stepsPerYear == 364 * 48)
    #expect(grid(.seconds(1800)).stepsPerDay == 48)
    #expect(grid(.seconds(604_800)).stepsPerYear == 52)
    #expect(grid(.seconds(604_800)).stepsPerWeek == 1)
    #expect(!grid(.seconds(604_800)).hasWeekdays)
    #expect(grid(.months(1)).stepsPerYear == 12)
    #expect(grid(.months(3)).stepsPerYear == 4)
    #expect(!grid(.months(12)).hasMonths)
  }

  @Test func numberedStepsKnowNoCalendar() throws {
    // As seconds, these would be days.
    let numbers = stride(from: 86_400, through: 20 * 86_400, by: 86_400).map {
      Timestamp(seconds: $0)
    }
    let grid = try #require(TimeGrid.find(numbers, areNumbers: true))
    #expect(grid.step == .units(86_400))
    #expect(TimeStep.units(1).name == "unit" && TimeStep.units(5).name == "5 units")
    for index in -20..<200 { #expect(grid.index(of: grid.timestamp(at: index)) == index) }
    #expect(grid.index(of: Timestamp(seconds: 5)) == nil)
    #expect(grid.stepsPerYear == 1 && grid.stepsPerWeek == 1 && grid.stepsPerDay == 1)
    #expect(!grid.hasWeekdays && !grid.hasMonths && grid.year(of: 5000) == 0)
    let stored = try JSONEncoder().encode(grid)
    #expect(try JSONDecoder().decode(TimeGrid.self, from: stored) == grid)
  }

  @Test func olderFormatsCanBeRead() throws {
    let stored = """
      {"order": "yearMonthDay", "dateSeparator": "-", "isPadded": true, "time": "none",
       "timeSeparator": " ", "zone": ""}
      """
    #expect(try JSONDecoder().decode(DateFormat.self, from: Data(stored.utf8)) == .iso)
  }

  @Test func gridsAndFormatsSurviveStorage() throws {
    let grid = TimeGrid(start: Self.start, step: .months(1), isMonthEnd: true)
    let stored = try JSONEncoder().encode(grid)
    #expect(try JSONDecoder().decode(TimeGrid.self, from: stored) == grid)
    let format = try JSONEncoder().encode(DateFormat.iso)
    #expect(try JSONDecoder().decode(DateFormat.self, from: format) == .iso)
  }
}
