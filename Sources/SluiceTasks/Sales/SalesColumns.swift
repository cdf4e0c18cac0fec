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
    "date", "timestamp", "datetime", "ds", "dates", "dteday", "dt", "ts", "time", "timeperiod",
    "periodstart", "day", "week", "weekstart", "weekstarting", "weekbeginning", "weekending",
    "weekof", "month", "yearmonth", "monthyear", "yearweek", "yearquarter", "quarter", "year",
    "hour", "period", "saledate", "salesdate", "orderdate", "orderdatetime", "invoicedate",
    "transactiondate", "purchasedate", "pickupdatetime", "reportdate", "observationdate", "utctime",
    "localtime", "eventtime", "starttime", "startdate", "createdat", "recordedat", "日期", "时间",
    "timestep", "step", "tick", "t", "index", "idx",
  ]
  private static let targetNames = [
    "sales", "value", "y", "demand", "quantity", "qty", "units", "unitsales", "unitssold",
    "weeklysales", "numsold", "itemcnt", "sold", "target", "revenue", "amount", "volume", "count",
    "cnt", "orders", "销量", "销售额",
  ]
  private static let seriesNames: Set<String> = [
    "store", "storeid", "storenbr", "storename", "shop", "shopid", "item", "itemid", "itemnbr",
    "itemname", "product", "productid", "productname", "sku", "skuid", "dept", "deptid",
    "department", "family", "series", "seriesid", "uniqueid", "tsid", "warehouse", "location",
    "region", "country", "门店", "商品",
  ]
  /// Parts of a date, which may stand in columns of their own, the largest first.
  private static let partNames = ["year", "yr", "quarter", "month", "week", "day", "hour", "hr"]

  /// Finds the columns of a table where the settings name none: by the names that well-known data sets
  /// use, and where these say nothing, by the cells, if only one column can be meant.
  ///
  /// - Throws: ``TableError`` when a named column is missing, or none is recognised; it says which
  ///   setting names it, or how the table is to be turned around.
  package static func find(in table: Table, _ data: SalesData = SalesData()) throws(TableError)
    -> SalesColumns
  {
    var search = ColumnSearch(table)
    // What the user names is taken before anything is guessed.
    let date = try search.named(data.date, for: "data.date")
    let target = try search.named(data.target, for: "data.target")
    let covariates = try search.named(data.covariates, for: "data.covariates") ?? []
    let named = try search.named(data.series, for: "data.series")
    let foundDate =
      if let date { date } else { try findDate(&search, table, hasTarget: target != nil) }
    guard let date = foundDate else {
      throw TableShape.wideHeader(table) ?? TableShape.numberedHeader(table)
        ?? TableShape.unnamedDates(table)
        ?? search.unrecognised("date", "data.date", hint: dateHint(table))
    }
    // Names say more than cells.
    var found = target ?? search.recognise(targetNames)
    let series = named ?? search.recogniseAll(seriesNames)
    if found == nil, let error = table.headerError { throw error }
    let candidates = search.rest.filter { canBeTarget($0, search) }
    found = found ?? search.takeOnly(where: candidates.contains)
    guard let target = found else {
      throw TableShape.unknownTarget(table, date: date, series: series, candidates: candidates)
        ?? search.unrecognised("sales", "data.target")
    }
    return SalesColumns(date: date, series: series, target: target, covariates: covariates)
  }

  /// Finds the column of dates: by name where its cells can be dates or at least number the steps, by its
  /// cells where it is the only one, and in a table of two columns also where it only numbers the steps.
  private static func findDate(
    _ search: inout ColumnSearch, _ table: Table, hasTarget: Bool
  ) throws(TableError) -> String? {
    let kinds = Dictionary(
      search.rest.map { ($0, search.kind($0)) }, uniquingKeysWith: { first, _ in first })
    let isDate = { (name: String) in kinds[name] == .date || kinds[name] == .dateNumber }
    if let found = search.recognise(dateNames, where: isDate) {
      try refuseParts(of: found, search, table)
      return found
    }
    if table.headerError == nil, let found = search.takeOnly(where: { kinds[$0] == .date }) {
      return found
    }
    if let found = search.recognise(dateNames, where: { kinds[$0]?.isNumeric == true }) {
      try refuseParts(of: found, search, table)
      return found
    }
    if let found = search.recognise(dateNames) { return found }
    guard table.headerError == nil, search.rest.count == (hasTarget ? 1 : 2) else { return nil }
    return search.takeOnly(where: isDate)
      ?? search.takeOnly { kinds[$0] == .rowNumber && !targetNames.contains(normalised($0)) }
  }

  /// Refuses dates whose parts stand in columns of their own.
  private static func refuseParts(
    of date: String, _ search: ColumnSearch, _ table: Table
  ) throws(TableError) {
    guard partNames.contains(normalised(date)), search.kind(date).isNumeric else { return }
    let others = search.rest.filter {
      partNames.contains(normalised($0)) && search.kind($0) != .empty
    }
    guard !others.isEmpty else { return }
    func rank(_ name: String) -> Int { partNames.firstIndex(of: normalised(name)) ?? 0 }
    let parts = ([date] + others).sorted { rank($0) < rank($1) }
    let listed = parts.map { "\"\($0)\"" }.joined(separator: ", ")
    throw TableError(
      file: table.file, line: 1, what: "the date is spread over the columns \(listed)",
      remedy:
        "Write it into one column, such as date, as 2024-05-31, 2024-05, 2024-W22 or 2024-Q2. If "
        + "one of these columns is the date by itself, name it in `data.date`.")
  }

  private static func canBeTarget(_ name: String, _ search: ColumnSearch) -> Bool {
    let kind = search.kind(name)
    guard kind == .rowNumber else { return kind.isNumeric }
    // A number of each row.
    return !["id", "index", "idx", "row", "rowid", "no", "nr", "unnamed0"].contains(
      normalised(name))
  }

  /// Whether a column of this name holds the time of the day.
  static func namesTimeOfDay(_ name: String) -> Bool {
    ["time", "hour", "hr", "minute", "timeofday"].contains(normalised(name))
  }

  private static func normalised(_ name: String) -> String { ColumnSearch.normalised(name) }

  /// Columns of the table that play no part.
  package func unused(in table: Table) -> [String] {
    let used = Set(series + covariates + [date, target])
    return table.header.filter { !$0.isEmpty && !used.contains($0) }
  }

  /// Columns that look like dates, where that is of help.
  private static func dateHint(_ table: Table) -> String {
    let found = table.header.indices.filter {
      !table.header[$0].isEmpty && table.kind(of: $0) == .date
    }
    guard let first = found.first else {
      return table.header.indices.contains { table.kind(of: $0).canBeTime }
        ? ""
        : "Rows without a date need a column that numbers them, such as step: 1, 2, 3."
    }
    return found.count == 1
      ? "Column \"\(table.header[first])\" looks like dates."
      : "Columns that look like dates: \(found.map { table.header[$0] }.joined(separator: ", "))."
  }
}
