import Testing

@testable import SluiceTables

@Suite struct TimestampTests {
  static func column(_ cells: [String]) throws -> TableColumn {
    let rows = cells.map { $0.contains(",") ? "1,\"\($0)\"\n" : "1,\($0)\n" }
    return try Table(csv: "n,d\n" + rows.joined(), file: "d.csv").column("d")
  }

  @Test func daysFrom1900To2100() {
    var number = CivilDate(year: 1900, month: 1, day: 1).dayNumber
    #expect(number == -25_567)
    // 1900-01-01 was a Monday.
    var weekday = 0
    for year in 1900...2100 {
      var dayOfYear = 0
      for month in 1...12 {
        for day in 1...CivilDate.days(inMonth: month, of: year) {
          let date = CivilDate(year: year, month: month, day: day)
          dayOfYear += 1
          #expect(date.dayNumber == number)
          #expect(CivilDate(dayNumber: number) == date)
          #expect(date.weekday == weekday)
          #expect(date.dayOfYear == dayOfYear)
          number += 1
          weekday = (weekday + 1) % 7
        }
      }
      #expect(dayOfYear == (year == 2000 || (year % 4 == 0 && year % 100 != 0) ? 366 : 365))
    }
  }

  @Test(
    arguments: [
      ("2017-12-31", "YYYY-MM-DD", 0), ("2017/12/31", "YYYY/MM/DD", 0), ("20171231", "YYYYMMDD", 0),
      ("31.12.2017", "DD.MM.YYYY", 0), ("31/12/2017", "DD/MM/YYYY", 0),
      ("12/31/2017", "MM/DD/YYYY", 0), ("31-12-2017", "DD-MM-YYYY", 0),
      ("2017-12-31 23:30", "YYYY-MM-DD HH:MM", 84_600),
      ("2017-12-31T23:30:05", "YYYY-MM-DDTHH:MM:SS", 84_605),
      ("2017-12-31T23:30:05Z", "YYYY-MM-DDTHH:MM:SSZ", 84_605),
      ("31.12.2017 06:00", "DD.MM.YYYY HH:MM", 21_600),
      ("12/31/2017 00:00:00", "MM/DD/YYYY HH:MM:SS", 0), ("12/31/17", "MM/DD/YY", 0),
      ("31.12.17 06:00", "DD.MM.YY HH:MM", 21_600),
    ])
  func formatsAreFoundAndWrittenAgain(_ text: String, _ pattern: String, _ second: Int) throws {
    let found = try Self.column([text, text]).timestamps()
    #expect(found.format.pattern == pattern)
    let day = CivilDate(year: 2017, month: 12, day: 31)
    #expect(found[1] == Timestamp(day, secondOfDay: second))
    #expect(found.format.string(found[0]) == text)
  }

  @Test(
    arguments: [
      ("2017-02", "YYYY-MM", "2017-02-01"), ("2017/2", "YYYY/M", "2017-02-01"),
      ("2017", "YYYY", "2017-01-01"), ("2021-W01", "YYYY-Www", "2021-01-04"),
      ("2020-W53", "YYYY-Www", "2020-12-28"), ("2019-W52", "YYYY-Www", "2019-12-23"),
      ("2024W05", "YYYYWww", "2024-01-29"), ("2024Q3", "YYYYQq", "2024-07-01"),
      ("2024-Q1", "YYYY-Qq", "2024-01-01"), ("2024 Q4", "YYYY Qq", "2024-10-01"),
      ("Q2 2024", "Qq YYYY", "2024-04-01"), ("Q2-2024", "Qq-YYYY", "2024-04-01"),
      ("202402", "YYYYMM", "2024-02-01"), ("Jan 2020", "Mon YYYY", "2020-01-01"),
      ("2020 JUN", "YYYY MON", "2020-06-01"), ("September 2020", "Month YYYY", "2020-09-01"),
      ("Jan-20", "Mon-YY", "2020-01-01"), ("Dec-98", "Mon-YY", "1998-12-01"),
      ("5-Jan-09", "D-Mon-YY", "2009-01-05"), ("05 Jan 2020", "DD Mon YYYY", "2020-01-05"),
      ("Jan 5, 2020", "Mon D, YYYY", "2020-01-05"), ("2020-Jan-05", "YYYY-Mon-DD", "2020-01-05"),
    ])
  func periodsStandForTheirFirstDay(
    _ text: String, _ pattern: String, _ day: String
  ) throws {
    let found = try Self.column([text]).timestamps()
    #expect(found.format.pattern == pattern)
    #expect(DateFormat.iso.string(found[0]) == day)
    #expect(found.format.string(found[0]) == text)
  }

  @Test func mayIsShortAndLong() throws {
    let short = try Self.column(["May 2020", "Jun 2020"]).timestamps()
    #expect(short.format.string(short[0]) == "May 2020" && short.format.monthName == .short)
    let long = try Self.column(["May 2020", "June 2020"]).timestamps()
    #expect(long.format.string(long[1]) == "June 2020")
  }

  @Test func quartersAreThreeMonths() throws {
    let quarters = ["2023Q3", "2023Q4", "2024Q1", "2024Q2"]
    let found = try Self.column(quarters).timestamps()
    let grid = try #require(TimeGrid.find(found.levels))
    #expect(grid.step == .months(3))
    #expect(found.format.string(grid.timestamp(at: 4)) == "2024Q3")
  }

  @Test(
    arguments: [
      (["1", "2", "3"], "whole numbers", [1, 2, 3]),
      (["0", "-5", "1600"], "whole numbers", [0, -5, 1600]),
      // Years, days, months where all can be such; otherwise numbers.
      (["1600", "1601"], "YYYY", nil), (["1600", "3000"], "whole numbers", [1600, 3000]),
      (["20240131", "20240201"], "YYYYMMDD", nil),
      (["20241301", "20241302"], "whole numbers", [20_241_301, 20_241_302]),
      (["202401", "202412"], "YYYYMM", nil),
      (["202401", "202413"], "whole numbers", [202_401, 202_413]),
      (["1704067200", "1704070800"], "Unix seconds", [1_704_067_200, 1_704_070_800]),
      (["1704067200000", "1704070800000"], "Unix milliseconds", [1_704_067_200, 1_704_070_800]),
      (["99999999999999"], "whole numbers", [99_999_999_999_999]),
    ] as [([String], String, [Int]?)])
  func wholeNumbersAreDatesWhereAllCanBe(
    _ cells: [String], _ pattern: String, _ seconds: [Int]?
  ) throws {
    let found = try Self.column(cells).timestamps()
    #expect(found.format.pattern == pattern)
    #expect(found.format.areNumbers == (pattern == "whole numbers"))
    if let seconds { #expect(found.levels.map(\.seconds) == seconds) }
    #expect(cells.indices.map { found.format.string(found[$0]) } == cells)
  }

  @Test func laterNumbersAreReadLikeTheFirstOnes() throws {
    func read(_ cells: [String], like first: [String]) throws -> String {
      let format = try Self.column(first).timestamps().format
      return try Self.column(cells).timestamps(preferring: format).format.pattern
    }
    #expect(try read(["1600", "1601"], like: ["1", "2"]) == "whole numbers")
    #expect(try read(["2024"], like: ["2020"]) == "YYYY")
    #expect(try read(["20240101"], like: ["2024-01-01"]) == "YYYYMMDD")
    for (cells, first) in [(["17"], ["2024-01-01"]), (["2024-01-01"], ["1", "2"])] {
      #expect(throws: TableError.self) { try read(cells, like: first) }
    }
  }

  @Test func slipsAmongNumbersAreNamed() throws {
    let days = (1...28).map { "202402\($0 < 10 ? "0" : "")\($0)" }
    let day = try #require(throws: TableError.self) {
      try Self.column(days + ["20240230"]).timestamps()
    }
    #expect(day.line == 30 && day.what == "\"20240230\" in column \"d\" is not a date")
    let steps = (1...20).map { "\($0)" }
    let step = try #require(throws: TableError.self) {
      try Self.column(steps + ["2l"]).timestamps()
    }
    #expect(step.line == 22 && step.what.contains("is not a whole number"), "\(step)")
    let empty = try #require(throws: TableError.self) {
      try Self.column(steps + [""]).timestamps()
    }
    #expect(empty.what.contains("is empty"))
  }

  @Test func weeksRunOverTheEndOfAYear() throws {
    let weeks = ["2020-W52", "2020-W53", "2021-W01", "2021-W02"]
    let found = try Self.column(weeks).timestamps()
    let grid = try #require(TimeGrid.find(found.levels))
    #expect(grid.step.name == "week")
    #expect((0..<4).map { found.format.string(grid.timestamp(at: $0)) } == weeks)
    let months = try Self.column(["2020-11", "2020-12", "2021-01"]).timestamps()
    #expect(TimeGrid.find(months.levels)?.step == .months(1))
    let years = try Self.column(["1999", "2000", "2001"]).timestamps()
    #expect(TimeGrid.find(years.levels)?.step.name == "year")
  }

  @Test func dayAndMonthAreToldApartByAnyRow() throws {
    let dayFirst = try Self.column(["01/02/2017", "02/02/2017", "13/02/2017"]).timestamps()
    #expect(dayFirst.format.order == .dayMonthYear)
    #expect(dayFirst[0].date == CivilDate(year: 2017, month: 2, day: 1))
    let monthFirst = try Self.column(["1/2/2017", "1/3/2017", "1/13/2017"]).timestamps()
    #expect(monthFirst.format.order == .monthDayYear)
    #expect(monthFirst.format.pattern == "M/D/YYYY")
    #expect(monthFirst[0].date == CivilDate(year: 2017, month: 1, day: 2))
    #expect(monthFirst.format.string(monthFirst[0]) == "1/2/2017")

    let both = try #require(throws: TableError.self) {
      try Self.column(["13/02/2017", "02/13/2017"]).timestamps()
    }
    #expect(both.line == 3)
    #expect(both.remedy == "Rewrite the dates as YYYY-MM-DD.")
    let neither = try Self.column(["01/02/2017", "01/03/2017"])
    let error = try #require(throws: TableError.self) { try neither.timestamps() }
    #expect(error.line == 2)
    #expect(error.column == 3)
    #expect(error.what.contains("month/day/year as well as day/month/year"))
    #expect(error.remedy == "Rewrite the dates as YYYY-MM-DD.")
    let settled = try neither.timestamps(preferring: monthFirst.format)
    #expect(settled[0].date == CivilDate(year: 2017, month: 1, day: 2))
  }

  @Test(
    arguments: [
      "2017-02-29", "2017-13-01", "2017-00-10", "17-01-01", "yesterday", "2017-13", "2017-01-01x",
      "2017-00", "2017-W00", "2017-W53", "2017-W1", "2017Q5", "2017 3", "Q3", "Jan 20", "20-Jan",
      "Foo 2020", "30 Feb 2020", "Jan 5 2020", "Jan-2020 5", "5 January-2020",
      "2017-01-01 25:00", "2017-01-01 10", "2017/01-01", "32.01.2017", "2017-01-01T10:00+02:00",
      "2017-01-01 10:00:00.5", "0000-01-01",
    ])
  func whatIsNoDateIsNamed(_ text: String) throws {
    let column = try Self.column([text])
    let error = try #require(throws: TableError.self) { try column.timestamps() }
    #expect(error.line == 2)
    #expect(error.column == 3)
    #expect(error.what == "\"\(text)\" in column \"d\" is not a date")
    #expect(error.remedy.contains("YYYY-MM-DD"))
  }

  @Test(
    arguments: [
      ("1/13/2017 1:00 PM", "24 hours"), ("2017-01-01T10:00:00+02:00", "all in one zone"),
      ("2017-01-01T10:00:00.5", "YYYY-MM-DDTHH:MM:SS,"),
    ])
  func timesOfOtherKindsSayHowToWriteThem(_ text: String, _ remedy: String) throws {
    let column = try Self.column([text])
    let error = try #require(throws: TableError.self) { try column.timestamps() }
    #expect(error.remedy.contains(remedy))
  }

  @Test func emptyAndMixedDates() throws {
    let empty = try #require(throws: TableError.self) {
      try Self.column(["2017-01-01", ""]).timestamps()
    }
    #expect(empty.line == 3)
    #expect(empty.what.contains("is empty"))
    let mixed = try #require(throws: TableError.self) {
      try Self.column(["2017-01-01", "2017/01/02"]).timestamps()
    }
    #expect(mixed.line == 3)
    #expect(mixed.what.contains("is written YYYY/MM/DD, the dates above it YYYY-MM-DD"))
  }
}
