import Testing

@testable import SluiceTasks
import SluiceTables

@Suite struct ForecastRequestTests {
  static func training() throws -> SeriesSet {
    var text = "date,store,item,sales,promo\n"
    for store in 1...2 {
      for day in 1...20 { text += "2017-12-\(day + 11),\(store),7,\(day),\(day % 2)\n" }
    }
    let table = try Table(csv: text)
    let columns = try SalesColumns.find(in: table, SalesData(covariates: ["promo"]))
    return try SeriesSet(table, columns: columns)
  }

  @Test func rowsFindSeriesAndSteps() throws {
    let set = try Self.training()
    let text =
      "id,date,store,item,promo\n0,2018-01-01,2,7,1\n1,2018-01-02,2,7,0\n2,2018-01-01,3,7,1\n"
      + "3,2018-01-01,01,7,1\n"
    let request = try ForecastRequest(Table(csv: text), for: set)
    #expect(request.count == 4)
    #expect(request.series == [1, 1, 2, 0])
    #expect(request.unknownKeys == [["3", "7"]])
    #expect(request.steps == [0, 1, 0, 0])
    #expect(request.horizon == 2)
    #expect(request.covariates == [1, 0, 1, 1])
    #expect(try request.futureCovariates() == [1, 1, 1, 0, 1, 1])
    try request.requireFuture()
    try request.requireHorizon(atMost: 2)
    let far = try #require(throws: TableError.self) { try request.requireHorizon(atMost: 1) }
    #expect(far.line == 3)
    #expect(far.remedy == "Ask for dates up to 2018-01-01, or train with --horizon 2.")
  }

  @Test func datesThatCannotBeForecast() throws {
    let set = try Self.training()
    let past = try ForecastRequest(
      Table(csv: "date,store,item,promo\n2018-01-01,1,7,0\n2017-12-31,1,7,0\n", file: "f.csv"),
      for: set)
    #expect(past.steps == [0, -1])
    let error = try #require(throws: TableError.self) { try past.requireFuture() }
    #expect(error.description.hasPrefix("f.csv:3:1: \"2017-12-31\" is not behind the end of the"))
    #expect(error.remedy == "Ask for dates from 2018-01-01 on.")
    #expect(throws: TableError.self) {
      try ForecastRequest(
        Table(csv: "date,store,item,promo\n2018-01-01 12:00,1,7,0\n"), for: set)
    }
    let missing = try #require(throws: TableError.self) {
      try ForecastRequest(Table(csv: "date,store,itm,promo\n2018-01-01,1,7,0\n"), for: set)
    }
    #expect(missing.remedy.contains("Did you mean \"itm\"?"))
  }

  @Test func covariatesAreNeededUpToTheDateAskedFor() throws {
    let set = try Self.training()
    let request = try ForecastRequest(
      Table(csv: "date,store,item,promo\n2018-01-01,1,7,0\n2018-01-03,1,7,1\n"), for: set)
    let error = try #require(throws: TableError.self) { try request.futureCovariates() }
    #expect(error.what.contains("there is no row for 2018-01-02 of store 1, item 7"))
  }

  @Test func rowsThatContradictEachOtherAreNamed() throws {
    let set = try Self.training()
    let header = "date,store,item,promo\n2018-01-01,1,7,1\n2018-01-01,2,7,1\n"
    let same = try ForecastRequest(Table(csv: header + "2018-01-01,1,7,1\n"), for: set)
    #expect(try same.futureCovariates() == [1, 1])
    let other = try ForecastRequest(
      Table(csv: header + "2018-01-01,01,7,0\n", file: "f.csv"), for: set)
    let error = try #require(throws: TableError.self) { try other.futureCovariates() }
    #expect(
      error.description == "f.csv:4:17: promo is 0 for 2018-01-01 of store 1, item 7, but 1 in "
        + "line 2. Remove one of the two rows, or correct it.")
  }
}

extension ForecastRequest {
  /// The request that goes with a set that was trained on whole.
  fileprivate init(_ table: Table, for set: SeriesSet) throws(TableError) {
    try self.init(
      table, columns: set.columns, grid: set.grid, format: set.format, stepCount: set.stepCount,
      keys: set.keys)
  }
}
