import SluiceCompute
import Testing

@testable import SluiceTasks
import SluiceTables

@Suite struct SeriesSetTests {
  static func read(
    _ text: String, gaps: GapPolicy = .error, covariates: [String] = []
  ) throws -> SeriesSet {
    let table = try Table(csv: text, file: "s.csv")
    let columns = try SalesColumns.find(in: table, SalesData(covariates: covariates))
    return try SeriesSet(table, columns: columns, gaps: gaps)
  }

  static func error(_ text: String, gaps: GapPolicy = .error) throws -> TableError {
    try #require(throws: TableError.self) { try read(text, gaps: gaps) }
  }

  @Test func rowsInAnyOrderGiveTheSameSet() throws {
    var rows: [String] = []
    for store in [2, 10, 1] {
      for item in ["b", "a"] {
        for day in 1...9 { rows.append("2017-01-0\(day),\(store),\(item),\(store * 100 + day)") }
      }
    }
    let header = "date,store,item,sales\n"
    let set = try Self.read(header + rows.joined(separator: "\n"))
    #expect(
      set.keys == [["1", "a"], ["1", "b"], ["2", "a"], ["2", "b"], ["10", "a"], ["10", "b"]])
    #expect(set.stepCount == 9)
    #expect(set.firstStep == [0, 0, 0, 0, 0, 0])
    #expect(set[4, 8] == 1009)
    #expect(set.dateText(8) == "2017-01-09")
    #expect(set.name(of: 4) == "store 10, item a")
    #expect(set.grid.step == .day)
    var random = PhiloxGenerator(RandomStream(seed: 1, stream: 0))
    for _ in 0..<5 {
      rows.shuffle(using: &random)
      let again = try Self.read(header + rows.joined(separator: "\n"))
      #expect(again.keys == set.keys)
      #expect(again.values == set.values)
    }
  }

  /// An é of one code point and of two: the same name, whoever wrote it.
  @Test func aNameWrittenInTwoWaysIsOneSeries() throws {
    let rows = (1...8).map { "2017-01-0\($0),\($0 % 2 == 0 ? "caf\u{E9}" : "cafe\u{301}"),\($0)" }
    let set = try Self.read("date,store,sales\n" + rows.joined(separator: "\n") + "\n")
    #expect(set.keys == [["café"]])
    #expect(set.values == [1, 2, 3, 4, 5, 6, 7, 8])
    let column = try Table(csv: "kind\né\nb\ne\u{301}\nb\n").column("kind")
    #expect(column.categories().codes == [0, 1, 0, 1])
    #expect(column.categories().levels == ["é", "b"] && column.categories().firstRows == [0, 1])
  }

  /// What would be trained and could not be used is refused first.
  @Test(arguments: [
    ("9999-12", 1.0, "9999"), ("2017-01", 1e-42, "1e-30"), ("2017-01", 1e31, "1e30"),
  ])
  func extremesAreRefused(_ month: String, _ unit: Double, _ part: String) throws {
    let rows = (1...31).map { "\(month)-\($0 < 10 ? "0" : "")\($0),\(Double($0) * unit)\n" }
    var settings = SalesTask.standard
    settings.horizon = 3
    settings.validation = 3
    let error = #expect(throws: TableError.self) {
      try SalesTask(Table(csv: "date,sales\n" + rows.joined(), file: "s.csv"), settings) { $0 }
    }
    #expect(
      error?.what.contains(part) == true && error?.file == "s.csv", "\(String(describing: error))")
  }

  @Test func aTableWithoutSeriesColumnsIsOneSeries() throws {
    let set = try Self.read("ds,y\n2017-01-02,1\n2017-01-09,2\n2017-01-16,3\n")
    #expect(set.keys == [[]])
    #expect(set.values == [1, 2, 3])
    #expect(set.grid.step.name == "week")
  }

  @Test func rowsOfOneDateSayWhereTheyDiffer() throws {
    let series = try Self.error(
      "date,city,note,x\n2017-01-01,a,s,1\n2017-01-01,b,s,2\n2017-01-02,a,s,1\n")
    #expect(series.remedy.hasSuffix("The two differ in city."))
    let hours = try Self.error(
      "date,hr,x,sales\n2017-01-01,0,1,1\n2017-01-01,1,1,1\n2017-01-02,0,1,1\n")
    #expect(
      hours.remedy.hasSuffix(
        "The two differ in hr. If hr is the time of the day, write it behind the date: "
          + "2024-05-31 13:00."))
  }

  @Test func numberedStepsAreAGridOfUnits() throws {
    let set = try Self.read("step,store,sales\n10,1,1\n0,1,2\n5,1,3\n")
    #expect(set.grid.step == .units(5) && set.stepCount == 3)
    #expect(set.values == [2, 3, 1])
    #expect((0..<4).map { set.dateText($0) } == ["0", "5", "10", "15"])
    let gap = try Self.error("t,y\n1,1\n2,2\n3,3\n5,5\n")
    #expect(gap.what.contains("at a step of one unit: 4 (behind line 4)"), "\(gap)")
  }

  @Test func seriesMayBeginLater() throws {
    let set = try Self.read(
      "date,store,sales\n2017-01-01,1,1\n2017-01-02,1,2\n2017-01-03,1,3\n2017-01-03,2,4\n")
    #expect(set.firstStep == [0, 2])
    #expect(set.values == [1, 2, 3, 0, 0, 4])
    #expect(set.length(of: 1) == 1)
    #expect(set.filledCount == 0)
  }

  @Test func shortSeriesAreLeftOutByName() throws {
    let text =
      "date,store,sales,promo\n2017-01-01,1,1,0\n2017-01-02,1,2,1\n2017-01-03,1,3,0\n"
      + "2017-01-03,2,4,1\n2017-01-02,3,5,0\n2017-01-03,3,6,1\n"
    var set = try Self.read(text, covariates: ["promo"])
    #expect(try set.dropSeries(shorterThan: 1) == [])
    #expect(try set.dropSeries(shorterThan: 2) == ["store 2"])
    #expect(set.keys == [["1"], ["3"]])
    #expect(set.values == [1, 2, 3, 0, 5, 6])
    #expect(set.firstStep == [0, 1])
    #expect(set.covariates == [0, 1, 0, 0, 0, 1])
    let error = try #require(throws: TableError.self) { try set.dropSeries(shorterThan: 4) }
    #expect(error.what.contains("4 steps of one day are needed"))
    #expect(error.remedy.contains("`horizon`"))
    #expect(set.seriesCount == 2)
  }

  static let gappy =
    "date,store,sales\n2017-01-01,1,1\n2017-01-02,1,2\n2017-01-05,1,8\n2017-01-06,1,9\n"
    + "2017-01-03,2,4\n2017-01-04,2,\n2017-01-05,2,6\n"

  @Test func gapsAreListed() throws {
    let error = try Self.error(Self.gappy)
    #expect(
      error.what == "3 rows are missing in 2 of 2 series, at a step of one day: "
        + "2017-01-03 to 2017-01-04 of store 1 (behind line 3); 2017-01-06 of store 2 (behind "
        + "line 8)")
    #expect(error.remedy.contains("`data.gaps: zero`"))
    let days = (1...28).map { "2017-01-\($0 < 10 ? "0" : "")\($0)" }
    let many =
      "date,sales\n"
      + days.enumerated().filter { $0.offset < 10 || $0.offset > 20 }.map { "\($0.element),1\n" }
      .joined()
    #expect(
      try Self.error(many).what
        == "11 rows are missing, at a step of one day: 2017-01-11 to 2017-01-21 (behind line 11)")
    let start = CivilDate(year: 2017, month: 1, day: 1).dayNumber
    let odd = (0..<40).filter { $0 % 3 != 1 }.map { CivilDate(dayNumber: start + $0) }
    let text =
      "date,sales\n" + odd.map { "\(DateFormat.iso.string(Timestamp($0))),1\n" }.joined()
    #expect(try Self.error(text).what.hasSuffix("2017-01-29 (behind line 20) and 3 more"))
  }

  @Test func weekendsAreRecognised() throws {
    let start = CivilDate(year: 2017, month: 1, day: 2).dayNumber
    let open = (start..<start + 26).map { CivilDate(dayNumber: $0) }.filter { $0.weekday < 5 }
    let text = "date,sales\n" + open.map { "\(DateFormat.iso.string(Timestamp($0))),1\n" }.joined()
    let error = try Self.error(text)
    #expect(error.what.hasSuffix("; 6 of them are Saturdays and Sundays"))
    #expect(
      error.remedy.hasPrefix("If nothing is sold on days without a row, choose `data.gaps: zero`"))
  }

  @Test(arguments: [("0001-01-05", GapPolicy.error), ("9999-01-05", .zero), ("2071-01-05", .error)])
  func oneOddDateIsNamed(_ date: String, _ gaps: GapPolicy) throws {
    let days = (1...9).map { "1,2017-01-0\($0)\n" }.joined()
    let error = try Self.error("sales,date\n5,\(date)\n" + days, gaps: gaps)
    #expect(error.line == 2 && error.column == 3)
    #expect(
      error.what
        == "\(date) lies far from all other dates, which run from 2017-01-01 to 2017-01-09")
  }

  @Test func gapsAreFilled() throws {
    let zero = try Self.read(Self.gappy, gaps: .zero)
    #expect(zero.values == [1, 2, 0, 0, 8, 9, 0, 0, 4, 0, 6, 0])
    #expect(zero.firstStep == [0, 2])
    #expect(zero.filledCount == 4)
    let line = try Self.read(Self.gappy, gaps: .interpolate)
    #expect(line.values == [1, 2, 4, 6, 8, 9, 0, 0, 4, 5, 6, 6])
    #expect(line.filledCount == 4)
    // An empty first cell takes the value behind it.
    let empty = try Self.read(
      "date,sales\n2017-01-01,\n2017-01-02,\n2017-01-03,5\n2017-01-04,\n", gaps: .interpolate)
    #expect(empty.values == [5, 5, 5, 5])
  }

  @Test func emptyTargetsAreAnErrorWithARemedy() throws {
    let error = try Self.error("date,sales\n2017-01-01,1\n2017-01-02,\n2017-01-03,1\n")
    #expect(error.line == 3)
    #expect(error.column == 12)
    #expect(error.remedy.contains("`data.gaps: zero`"))
  }

  @Test func twoRowsForOneDate() throws {
    let error = try Self.error(
      "date,store,sales\n2017-01-01,1,1\n2017-01-02,1,1\n2017-01-03,1,1\n2017-01-02,1,5\n")
    #expect(error.line == 5)
    #expect(
      error.what == "there are two rows for 2017-01-02 of store 1, the other in line 3")
    let plain = try Self.error("date,kind,sales\n2017-01-01,1,1\n2017-01-02,1,1\n2017-01-02,2,1\n")
    #expect(plain.line == 4)
    #expect(plain.remedy.contains("`data.series`"))
  }

  @Test func negativeSales() throws {
    let set = Planted.set(steps: 9, series: 2) { s, t in s == 1 && t.date.day == 4 ? -3 : 1 }
    let error = #expect(throws: TableError.self) { try set.refuseNegatives() }
    #expect(error?.what == "-3.0 on 2013-01-04 of store 2 in column \"sales\" is negative")
  }

  @Test func datesOffTheGrid() throws {
    let days = (1...9).map { "2017-01-0\($0) 00:00,1\n" }.joined()
    let error = try Self.error("date,sales\n" + days + "2017-01-10 07:00,1\n")
    #expect(error.line == 11)
    #expect(error.what.contains("is not on the grid of the other dates: one day apart"))
  }

  @Test func oneDateOnly() throws {
    let error = try Self.error("date,store,sales\n2017-01-01,1,1\n2017-01-01,2,1\n")
    #expect(error.what.contains("holds one date only"))
  }

  @Test func emptySeriesCells() throws {
    let error = try Self.error("date,store,sales\n2017-01-01,1,1\n2017-01-02, ,1\n")
    #expect(error.line == 3)
    #expect(error.what.contains("it names the series"))
  }

  @Test func aGridThatIsFarTooFine() throws {
    let dates = ["2017-01-01 00:00:00", "2017-01-01 00:00:01", "2100-01-01 00:00:00"]
    let error = try Self.error("date,sales\n" + dates.map { "\($0),1\n" }.joined())
    #expect(error.line == 4)
    #expect(error.what.hasPrefix("2100-01-01 00:00:00 lies far from all other dates"))
    let pairs = dates.dropLast() + ["2100-01-01 00:00:00", "2100-01-01 00:00:01"]
    let apart = try Self.error("date,sales\n" + pairs.map { "\($0),1\n" }.joined())
    #expect(apart.what.contains("from 2017-01-01 00:00:00 to 2100-01-01 00:00:01; at the most"))
    #expect(apart.remedy.contains("Check the first and the last date"))
  }

  @Test func manySeriesColumnsWithManyLevels() throws {
    var text = "date,a,b,c,d,e,f,sales\n"
    for row in 0..<2000 {
      for day in 1...2 {
        text += "2017-01-0\(day)," + (0..<6).map { "x\(row)y\($0)" }.joined(separator: ",") + ",1\n"
      }
    }
    let table = try Table(csv: text)
    let columns = try SalesColumns.find(
      in: table, SalesData(series: ["a", "b", "c", "d", "e", "f"]))
    let set = try SeriesSet(table, columns: columns)
    #expect(set.seriesCount == 2000)
    #expect(set.keys.allSatisfy { key in key[1] == key[0].dropLast() + "1" })
  }

  @Test func covariatesHoldThroughGaps() throws {
    let set = try Self.read(
      "date,store,sales,price,promo\n2017-01-01,1,1,2.5,0\n2017-01-02,1,1,3,1\n2017-01-04,1,1,4,0\n"
        + "2017-01-03,2,1,7,1\n2017-01-04,2,1,8,0\n",
      gaps: .zero, covariates: ["promo", "price"])
    #expect(
      set.covariates == [0, 2.5, 1, 3, 1, 3, 0, 4, 1, 7, 1, 7, 1, 7, 0, 8])
  }
}
