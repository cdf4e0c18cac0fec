import Testing

@testable import SluiceTables

/// Columns of times, as dates or as numbers.
struct TimeNotationTests {
  @Test func timesAreReadAsTheyAreWritten() throws {
    func seconds(_ cells: [String]) throws -> [Int] {
      let table = try Table(csv: (["time"] + cells).joined(separator: "\n"))
      return try TimeNotation.read(table.column("time")).seconds
    }
    #expect(try seconds(["1393545600", "1363392000"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["1393545600123"]) == [1_393_545_600])
    #expect(try seconds(["1393545600123456"]) == [1_393_545_600])
    #expect(try seconds(["2014-02-28", "2013-03-16"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["20140228", "20130316"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["2014-02-28 00:01:00"]) == [1_393_545_660])
    #expect(try seconds(["0", "1", "17"]) == [0, 1, 17])
    for bad in [["1393545600", "\"\""], ["soon"], ["2014-02-28", "1393545600"], ["1e300"]] {
      #expect(throws: TableError.self) { try seconds(bad) }
    }
  }

  @Test func laterTimesAreReadLikeTheFirstOnes() throws {
    func column(_ cells: [String]) throws -> TableColumn {
      try Table(csv: (["time"] + cells).joined(separator: "\n")).column("time")
    }
    let milliseconds = try TimeNotation.read(column(["1393545600123"])).notation
    #expect(try TimeNotation.read(column(["60000"]), as: milliseconds).seconds == [60])
    let dates = try TimeNotation.read(column(["28/02/2014"])).notation
    // Alone, these could be either.
    #expect(try TimeNotation.read(column(["01/02/2014"]), as: dates).seconds == [1_391_212_800])
    #expect(dates.text(1_391_212_800) == "01/02/2014")
    #expect(throws: TableError.self) { try TimeNotation.read(column(["17"]), as: dates) }
  }
}
