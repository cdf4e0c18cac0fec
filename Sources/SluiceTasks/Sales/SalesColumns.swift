import SluiceTables

/// Which columns of a table hold what in a sales forecast.
package struct SalesColumns: Hashable, Sendable, Codable {
  package var date: String
  /// The columns whose values together name a series; none when the table is one series.
  package var series: [String]
  package var target: String
  /// Further numbers that are known for the future too: promotions, prices, holidays.
  package var covariates: [String]

  package init(date: String, series: [String], target: String, covariates: [String] = []) {
    self.date = date
    self.series = series
    self.target = target
    self.covariates = covariates
  }

  private static let dateNames = [
    "date", "timestamp", "datetime", "ds", "time", "day", "week", "month", "weekstart",
    "weekending",
    "period", "saledate", "salesdate", "orderdate", "invoicedate", "日期", "时间",
  ]
  private static let targetNames = [
    "sales", "value", "y", "demand", "quantity", "qty", "units", "unitsales", "unitssold",
    "weeklysales", "numsold", "itemcnt", "sold", "target", "revenue", "amount", "volume", "count",
    "orders", "销量", "销售额",
  ]
  private static let seriesNames: Set<String> = [
    "store", "storeid", "storenbr", "storename", "shop", "shopid", "item", "itemid", "itemnbr",
    "itemname", "product", "productid", "productname", "sku", "skuid", "dept", "deptid",
    "department", "family", "series", "seriesid", "uniqueid", "tsid", "warehouse", "location",
    "region", "country", "门店", "商品",
  ]

  /// Finds the columns of a table, by the names that well-known data sets use where the settings name
  /// none.
  ///
  /// - Throws: ``TableError`` when a named column is missing, or none is recognised; it says which
  ///   setting names it.
  package static func find(in table: Table, _ data: SalesData = SalesData()) throws(TableError)
    -> SalesColumns
  {
    var search = ColumnSearch(table)
    // What the user names is taken before anything is guessed.
    let date = try search.named(data.date, for: "data.date")
    let target = try search.named(data.target, for: "data.target")
    let covariates = try search.named(data.covariates, for: "data.covariates") ?? []
    let series = try search.named(data.series, for: "data.series")
    guard let date = date ?? search.recognise(dateNames) else {
      throw search.unrecognised("date", "data.date", hint: dateHint(table))
    }
    guard let target = target ?? search.recognise(targetNames) else {
      throw search.unrecognised("sales", "data.target")
    }
    return SalesColumns(
      date: date, series: series ?? search.recogniseAll(seriesNames), target: target,
      covariates: covariates)
  }

  /// Columns of the table that play no part.
  package func unused(in table: Table) -> [String] {
    let used = Set(series + covariates + [date, target])
    return table.header.filter { !$0.isEmpty && !used.contains($0) }
  }

  /// A column that looks like dates.
  private static func dateHint(_ table: Table) -> String {
    for index in 0..<table.columnCount {
      let cell = table.string(row: 0, column: index).trimmingBlanks()
      // Four digits alone may be any number.
      guard let date = DateText(Substring(cell).utf8), date.format.order != .year else { continue }
      return "Column \"\(table.header[index])\" looks like dates."
    }
    return ""
  }
}
