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

  /// Finds the columns of a table, by the names that well-known data sets use where the user names
  /// none.
  ///
  /// - Parameters:
  ///   - series: the columns that name a series; nil to recognise them, empty for one series.
  ///   - covariates: the columns of numbers that are known for the future; never guessed.
  /// - Throws: ``TableError`` when a named column is missing, or none is recognised; it says which
  ///   flag names it.
  package static func find(
    in table: Table, date: String? = nil, series: [String]? = nil, target: String? = nil,
    covariates: [String] = []
  ) throws(TableError) -> SalesColumns {
    var taken = Set<String>()
    func take(_ name: String, _ role: String) throws(TableError) -> String {
      let name = try table.column(name).name
      guard taken.insert(name).inserted else {
        throw table.error(
          what: "column \"\(name)\" is named for two purposes, one of them \(role)",
          remedy: "Give --date, --series, --target and --covariates different columns.")
      }
      return name
    }

    // What the user names is taken before anything is guessed.
    var foundDate: String?
    var foundTarget: String?
    if let date { foundDate = try take(date, "--date") }
    if let target { foundTarget = try take(target, "--target") }
    var foundCovariates: [String] = []
    for name in covariates { foundCovariates.append(try take(name, "--covariates")) }
    var foundSeries: [String] = []
    for name in series ?? [] { foundSeries.append(try take(name, "--series")) }

    if foundDate == nil { foundDate = recognise(dateNames, in: table, except: taken) }
    guard let foundDate else { throw unrecognised("date", "--date", hint: dateHint(table), table) }
    taken.insert(foundDate)
    if foundTarget == nil { foundTarget = recognise(targetNames, in: table, except: taken) }
    guard let foundTarget else { throw unrecognised("sales", "--target", hint: "", table) }
    taken.insert(foundTarget)
    if series == nil {
      foundSeries = table.header.filter {
        !taken.contains($0) && seriesNames.contains(normalised($0))
      }
    }
    return SalesColumns(
      date: foundDate, series: foundSeries, target: foundTarget, covariates: foundCovariates)
  }

  /// Columns of the table that play no part.
  package func unused(in table: Table) -> [String] {
    let used = Set(series + covariates + [date, target])
    return table.header.filter { !$0.isEmpty && !used.contains($0) }
  }

  private static func recognise(
    _ names: [String], in table: Table, except taken: Set<String>
  ) -> String? {
    for name in names {
      if let found = table.header.first(where: { normalised($0) == name && !taken.contains($0) }) {
        return found
      }
    }
    return nil
  }

  /// Lower case, letters and digits only: `Store_ID` and `store id` are `storeid`.
  private static func normalised(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// A column that looks like dates.
  private static func dateHint(_ table: Table) -> String {
    for index in 0..<table.columnCount {
      let cell = table.string(row: 0, column: index).trimmingBlanks()
      // Four digits alone may be any number.
      guard let date = DateText(Substring(cell).utf8), date.format.order != .year else { continue }
      return " Column \"\(table.header[index])\" looks like dates."
    }
    return ""
  }

  private static func unrecognised(
    _ role: String, _ flag: String, hint: String, _ table: Table
  ) -> TableError {
    TableError(
      file: table.file, line: 1,
      what: "no column is recognised as the one with the \(role)",
      remedy: "Name it with \(flag) COLUMN.\(hint) The columns are: \(table.listedColumns).")
  }
}
