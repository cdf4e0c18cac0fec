import SluiceTables

/// Tables in which series stand beside each other: what to do with them.
enum TableShape {
  /// What is wrong where dates are the names of columns, a series to a row; nil where they are not.
  static func wideHeader(_ table: Table) -> TableError? {
    let dates = table.datesInHeader
    guard let first = dates.first, let last = dates.last else { return nil }
    let others = table.header.indices.filter { !dates.contains($0) && !table.header[$0].isEmpty }
      .map { table.header[$0] }
    return TableError(
      file: table.file, line: 1,
      what: "the dates stand in the first line, as the names of \(dates.count) columns, "
        + "\(table.header[first]) to \(table.header[last]), with a series in each row",
      remedy: "Sluice takes a row for each date. "
        + melting(table, keeping: others, names: "date", values: "sales"))
  }

  /// What is wrong where columns number the steps, V2, V3, V4, a series to a row; nil where they do not.
  static func numberedHeader(_ table: Table) -> TableError? {
    func parts(_ name: String) -> (word: Substring, number: Int)? {
      let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
      return Int(name.suffix(digits)).map { (name.dropLast(digits), $0) }
    }
    guard let last = table.header.last.flatMap(parts) else { return nil }
    // From the last column back.
    let count = table.header.reversed().enumerated().prefix { place, name in
      guard let own = parts(name), own.word == last.word else { return false }
      let kind = table.kind(of: table.columnCount - 1 - place)
      return own.number == last.number - place && (kind.isNumeric || kind == .empty)
    }.count
    guard count >= 5, count < table.columnCount else { return nil }
    let steps = table.header.suffix(count)
    return TableError(
      file: table.file, line: 1,
      what: "the steps stand beside each other, in \(count) columns \(steps.first ?? "") to "
        + "\(steps.last ?? ""), with a series in each row",
      remedy: "Sluice takes a row for each step. "
        + melting(
          table, keeping: table.header.dropLast(count).filter { !$0.isEmpty }, names: "step",
          values: "sales", columns: Array(steps),
          then: ".dropna(subset=[\"sales\"]).assign(step=lambda t: "
            + "t[\"step\"].str.extract(r\"(\\d+)$\", expand=False).astype(int))"))
  }

  /// What is wrong where dates stand in a column without a name; nil where they do not.
  static func unnamedDates(_ table: Table) -> TableError? {
    let found = table.header.indices.first {
      table.header[$0].isEmpty && table.kind(of: $0) == .date
    }
    guard let found else { return nil }
    return TableError(
      file: table.file, line: 1, what: "column \(found + 1) looks like dates but has no name",
      remedy: "Write one into the first line, such as date.")
  }

  /// What is wrong where no column or several can be the target.
  ///
  /// - Parameters:
  ///   - series: The columns that name series.
  ///   - candidates: Columns of numbers.
  /// - Returns: Nil where there are none.
  static func unknownTarget(
    _ table: Table, date: String, series: [String], candidates: [String]
  ) -> TableError? {
    guard candidates.count > 1 else { return nil }
    let listed =
      candidates.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
      + (candidates.count > 12 ? " and \(candidates.count - 12) more" : "")
    var remedy = "Name the one to forecast in `data.target`."
    if series.isEmpty {
      remedy +=
        " If each is a series of its own, put them below each other. "
        + melting(table, keeping: [date], names: "series", values: "value", columns: candidates)
    }
    return TableError(
      file: table.file, line: 1,
      what: "no column is recognised as the one with the sales; \(candidates.count) hold numbers: "
        + listed, remedy: remedy)
  }

  /// How a wide table becomes a long one.
  ///
  /// - Parameters:
  ///   - columns: Those to put below each other; nil: all that are not kept.
  ///   - last: What is done to it then.
  private static func melting(
    _ table: Table, keeping: [String], names: String, values: String, columns: [String]? = nil,
    then last: String = ""
  ) -> String {
    func python(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    func list(_ texts: [String]) -> String { "[" + texts.map(python).joined(separator: ", ") + "]" }
    let separator =
      switch table.separator {
      case Byte.comma: ""
      case Byte.tab: ", sep=\"\\t\""
      default: ", sep=" + python(String(UnicodeScalar(table.separator)))
      }
    let all = table.header.filter { !$0.isEmpty && !keeping.contains($0) }
    let chosen = columns.flatMap { $0 == all ? nil : ", " + list($0) } ?? ""
    let code =
      "import pandas as pd; pd.read_csv(\(python(table.file))\(separator)).melt(\(list(keeping))"
      + "\(chosen), var_name=\(python(names)), value_name=\(python(values)))"
      + "\(last).to_csv(\"long.csv\", index=False)"
    return "With pandas: python3 -c '" + code.replacing("'", with: "'\\''") + "'"
  }
}
