import Testing

@testable import SluiceTables

@Suite struct TimestampTests {
  static func column(_ cells: [String]) throws -> TableColumn {
    try Table(csv: "n,d\n" + cells.map { "1,\($0)\n" }.joined(), file: "d.csv").column("d")
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
      ("12/31/2017 00:00:00", "MM/DD/YYYY HH:MM:SS", 0),
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
    ])
  func periodsStandForTheirFirstDay(
    _ text: String, _ pattern: String, _ day: String
  ) throws {
    let found = try Self.column([text]).timestamps()
    #expect(found.format.pattern == pattern)
    #expect(DateFormat.iso.string(found[0]) == day)
    #expect(found.format.string(found[0]) == text)
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
      "2017-00", "0000", "2017-W00", "2017-W53", "2017-W1", "201",
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
