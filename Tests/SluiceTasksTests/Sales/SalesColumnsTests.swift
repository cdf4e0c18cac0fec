import Testing

@testable import SluiceTasks
import SluiceTables

@Suite struct SalesColumnsTests {
  static func table(_ header: String, _ row: String = "2017-01-01,1,1,1,1,1") throws -> Table {
    let cells = row.split(separator: ",").prefix(header.split(separator: ",").count)
    return try Table(csv: header + "\n" + cells.joined(separator: ",") + "\n", file: "c.csv")
  }

  @Test(
    arguments: [
      ("date,store,item,sales", "date", ["store", "item"], "sales"),
      ("timestamp,value", "timestamp", [], "value"),
      ("ds,unique_id,y", "ds", ["unique_id"], "y"),
      ("Date,Store,Dept,Weekly_Sales,IsHoliday", "Date", ["Store", "Dept"], "Weekly_Sales"),
      ("date,store_nbr,family,sales,onpromotion", "date", ["store_nbr", "family"], "sales"),
      ("day,count", "day", [], "count"),
    ])
  func knownNamesAreRecognised(
    _ header: String, _ date: String, _ series: [String], _ target: String
  ) throws {
    let found = try SalesColumns.find(in: Self.table(header))
    #expect(found == SalesColumns(date: date, series: series, target: target))
  }

  @Test func flagsGoFirst() throws {
    let table = try Self.table("date,sales,store,value,promo")
    let found = try SalesColumns.find(
      in: table, series: [], target: "value", covariates: ["promo"])
    #expect(
      found
        == SalesColumns(date: "date", series: [], target: "value", covariates: ["promo"]))
    #expect(found.unused(in: table) == ["sales", "store"])
  }

  @Test func whatIsNotRecognisedNamesTheFlag() throws {
    let table = try Self.table("when,much")
    let date = try #require(throws: TableError.self) { try SalesColumns.find(in: table) }
    #expect(
      date.description
        == "c.csv:1: no column is recognised as the one with the date. Name it with --date COLUMN. "
        + "Column \"when\" looks like dates. The columns are: when, much.")
    let target = try #require(throws: TableError.self) {
      try SalesColumns.find(in: table, date: "when")
    }
    #expect(target.remedy.contains("--target COLUMN"))
    let near = try #require(throws: TableError.self) {
      try SalesColumns.find(in: table, date: "when", target: "mcuh")
    }
    #expect(near.remedy.contains("Did you mean \"much\"?"))
    #expect(throws: TableError.self) {
      try SalesColumns.find(in: table, date: "when", target: "when")
    }
  }
}
