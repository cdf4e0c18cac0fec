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

  @Test func settingsGoFirst() throws {
    let table = try Self.table("date,sales,store,value,promo")
    var data = SalesData()
    data.series = []
    data.target = "value"
    data.covariates = ["promo"]
    let found = try SalesColumns.find(in: table, data)
    #expect(
      found
        == SalesColumns(date: "date", series: [], target: "value", covariates: ["promo"]))
    #expect(found.unused(in: table) == ["sales", "store"])
  }

  @Test func whatIsNotRecognisedNamesTheSetting() throws {
    let table = try Self.table("when,much")
    func error(_ date: String? = nil, _ target: String? = nil) throws -> TableError {
      var data = SalesData()
      data.date = date
      data.target = target
      return try #require(throws: TableError.self) { try SalesColumns.find(in: table, data) }
    }
    let date = try error()
    #expect(date.place == "c.csv:1")
    #expect(date.remedy.contains("`data.date`"))
    #expect(date.remedy.contains("Column \"when\" looks like dates."))
    #expect(date.remedy.contains("The columns are: when, much."))
    #expect(try error("when").remedy.contains("`data.target`"))
    #expect(try error("when", "mcuh").remedy.contains("Did you mean \"much\"?"))
    #expect(try error("when", "when").what.contains("two purposes"))
  }
}
