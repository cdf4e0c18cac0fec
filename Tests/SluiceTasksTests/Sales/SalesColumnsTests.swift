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
      ("day,count", "day", [], "count"), ("dteday,cnt", "dteday", [], "cnt"),
      ("Date_Time,sku,Qty", "Date_Time", ["sku"], "Qty"), ("ts,value", "ts", [], "value"),
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
    let table = try Self.table("when,then,name", "2017-01-01,2017-02-01,x")
    func error(_ date: String? = nil, _ target: String? = nil) throws -> TableError {
      var data = SalesData()
      data.date = date
      data.target = target
      return try #require(throws: TableError.self) { try SalesColumns.find(in: table, data) }
    }
    let date = try error()
    #expect(date.place == "c.csv:1")
    #expect(date.remedy.contains("`data.date`"))
    #expect(date.remedy.contains("Columns that look like dates: when, then."))
    #expect(date.remedy.contains("The columns are: when, then, name."))
    #expect(try error("when").remedy.contains("`data.target`"))
    #expect(try error("when", "nmae").remedy.contains("Did you mean \"name\"?"))
    #expect(try error("when", "when").what.contains("two purposes"))
  }

  /// Four rows: a header, and cells of each column by turns.
  static func rows(_ header: String, _ rows: String...) throws -> Table {
    try Table(csv: ([header] + rows).joined(separator: "\n") + "\n", file: "c.csv")
  }

  @Test func theOnlyColumnThatCanBeIsTaken() throws {
    func found(_ table: Table) throws -> SalesColumns { try SalesColumns.find(in: table) }
    // A target of any name, beside series and text.
    #expect(
      try found(Self.rows("date,store,bread", "2017-01-01,1,5", "2017-01-02,1,7"))
        == SalesColumns(date: "date", series: ["store"], target: "bread"))
    #expect(
      try found(Self.rows("month,note,kwh", "2017-01,a,5.5", "2017-02,b,7"))
        == SalesColumns(date: "month", series: [], target: "kwh"))
    // Dates of any name.
    #expect(
      try found(Self.rows("when,much", "2017-01-01,5", "2017-01-02,7"))
        == SalesColumns(date: "when", series: [], target: "much"))
    #expect(
      try found(
        Self.rows("Kalenderwoche,id,Umsatz", "2017-W01,1,$5", "2017-W02,2,$7", "2017-W03,3,$6"))
        == SalesColumns(date: "Kalenderwoche", series: [], target: "Umsatz"))
    // Numbered steps: by name, or in a table of two columns.
    for name in ["t", "step", "index", "period", "Time"] {
      #expect(try found(Self.rows("\(name),v", "1,5", "2,7", "3,4")).date == name)
    }
    #expect(
      try found(Self.rows("n,much", "0,5", "1,7", "2,4"))
        == SalesColumns(date: "n", series: [], target: "much"))
    #expect(try found(Self.rows("much,year", "5,2020", "7,2021", "8,2022")).date == "year")
    // A date goes before a number that only counts rows.
    #expect(
      try found(Self.rows("index,date,x", "1,2020-01-01,4", "2,2020-01-02,6", "3,2020-01-03,5"))
        .date == "date")
    #expect(
      try found(Self.rows("time,stamp,sales", "1,2020-01-01,4", "2,2020-01-02,6")).date == "stamp")
  }

  func error(_ table: Table, _ data: SalesData = SalesData()) throws -> TableError {
    try #require(throws: TableError.self) { try SalesColumns.find(in: table, data) }
  }

  @Test func severalTargetsAreListed() throws {
    let table = try Self.rows("date,open,close,note", "2020-01-01,1,2,a", "2020-01-02,3,4,b")
    let error = try error(table)
    #expect(error.what.hasSuffix("2 hold numbers: \"open\", \"close\""), "\(error)")
    #expect(error.remedy.hasPrefix("Name the one to forecast in `data.target`."))
    #expect(
      error.remedy.contains(
        #".melt(["date"], ["open", "close"], var_name="series", value_name="value")"#))
    let series = try self.error(Self.rows("date,store,a,b", "2020-01-01,1,2,3", "2020-01-02,1,2,3"))
    #expect(!series.remedy.contains("pandas"))
    let none = try self.error(Self.rows("date,a,b", "2020-01-01,x,y", "2020-01-02,x,y"))
    #expect(none.what == "no column is recognised as the one with the sales")
  }

  @Test func datesAsNamesOfColumnsAreNamed() throws {
    for dates in ["2020-01,2020-02,2020-03", "2019,2020,2021", "1.1.2020,2.1.2020,3.1.2020"] {
      let error = try error(Self.rows("it's,shop,\(dates)", "a,b,1,2,3", "c,d,4,5,6"))
      let ends = dates.split(separator: ",")
      #expect(
        error.what == "the dates stand in the first line, as the names of 3 columns, \(ends[0]) to "
          + "\(ends[2]), with a series in each row")
      #expect(error.place == "c.csv:1")
      #expect(
        error.remedy.contains(
          #"python3 -c 'import pandas as pd; pd.read_csv("c.csv").melt(["it'\''s", "shop"]"#),
        "\(error)")
    }
  }

  @Test func stepsAsNamesOfColumnsAreNamed() throws {
    let error = try error(
      Self.rows("V1,V2,V3,V4,V5,V6,V7", "H1,605,586,586,559,511,443", "H2,3124,2990,2862,2809,,"))
    #expect(
      error.what
        == "the steps stand beside each other, in 6 columns V2 to V7, with a series in each row")
    #expect(error.remedy.contains(#"melt(["V1"], var_name="step""#), "\(error)")
  }

  @Test func datesInPartsAreNamed() throws {
    let error = try error(Self.rows("Month,Year,sales", "1,2020,5", "2,2020,6", "3,2020,4"))
    #expect(error.what == "the date is spread over the columns \"Year\", \"Month\"")
    #expect(error.remedy.contains("2024-05") && error.remedy.contains("`data.date`"))
    // Beside a date they are only what it says already.
    #expect(
      try SalesColumns.find(in: Self.rows("date,year,month,sales", "2020-01-01,2020,1,5")).date
        == "date")
  }

  @Test func tablesWithoutNamesAreNamed() throws {
    for row in ["2020-01-01,7", "2020-01-01,1,7,13"] {
      let error = try error(Self.rows(row, row, row))
      #expect(error.what.hasPrefix("the first line looks like data"), "\(error)")
    }
    let unnamed = try error(Self.rows(",0", "2020-01-01,5", "2020-01-02,6"))
    #expect(unnamed.what == "column 1 looks like dates but has no name")
    let alone = try error(Self.rows("x", "5.5", "3.5"))
    #expect(alone.remedy.contains("a column that numbers them"), "\(alone)")
  }

  @Test func answersFindOtherNamesBesideTheModelsColumns() {
    let plain = SalesColumns(date: "date", series: ["store"], target: "sales")
    #expect(plain.answers(quantiles: [0.1, 0.5, 0.9]) == ["prediction", "p10", "p90"])
    let taken = SalesColumns(
      date: "date", series: ["prediction"], target: "sales", covariates: ["p10"])
    #expect(
      taken.answers(quantiles: [0.1, 0.5, 0.9])
        == ["prediction_forecast", "p10_forecast", "p90"])
  }
}
