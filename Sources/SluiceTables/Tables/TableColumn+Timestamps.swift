/// The timestamps of a column: the distinct ones, which of them each row holds, and their format.
package struct TableTimestamps: Sendable {
  /// The format in which the column is written.
  package var format: DateFormat
  /// For each row, the index into `levels`.
  package var codes: [Int32]
  /// The distinct timestamps, in the order of first appearance.
  package var levels: [Timestamp]
  /// For each level, the row of its first appearance.
  package var firstRows: [Int]

  /// The timestamp of a row.
  package subscript(row: Int) -> Timestamp { levels[Int(codes[row])] }
}

extension TableColumn {
  /// The column as timestamps, all in one format that is found from its cells.
  ///
  /// Read are `YYYY-MM-DD`, `YYYY/MM/DD`, `YYYYMMDD`, `DD.MM.YYYY`, and `DD/MM/YYYY` or
  /// `MM/DD/YYYY` (also with `-`; without it also with years of two digits), told apart by a row whose
  /// day is beyond 12; each with an optional
  /// time `HH:MM` or `HH:MM:SS` behind a blank or `T`, and an optional `Z` or `+00:00`. Whole months
  /// `YYYY-MM`, weeks `YYYY-Www` by ISO 8601, quarters `YYYY-Qq` or `Qq YYYY` and years `YYYY` stand for
  /// their first day. Months may have English names: `Jan 2020`, `5-Jan-09`, `Jan 5, 2020`.
  ///
  /// Whole numbers are `YYYYMMDD`, `YYYYMM` or `YYYY` where all can be such a date of the years 1500 to
  /// 2200, and Unix time where all lie in the years 1990 to 2100; otherwise they number steps.
  ///
  /// - Parameter preferred: the format to take where the cells fit day before month and month
  ///   before day alike; that is an error when nil or of no help.
  /// - Throws: ``TableError`` naming the first cell that is no such date.
  /// - Complexity: O(bytes of the column).
  package func timestamps(preferring preferred: DateFormat? = nil) throws(TableError)
    -> TableTimestamps
  {
    let categories = categories()
    if let numbers = try wholeNumbers(categories, preferred) { return numbers }
    var texts: [DateText] = []
    texts.reserveCapacity(categories.levels.count)
    for (level, row) in zip(categories.levels, categories.firstRows) {
      guard let text = DateText(Substring(level).utf8) else { throw dateError(row, level) }
      texts.append(text)
    }
    if preferred?.areNumbers == true, let text = categories.levels.first {
      throw error(
        0,
        what: "\"\(text.shortened)\" in column \"\(name)\" is no whole number; the training data "
          + "numbers its steps", remedy: "Number these rows in the same way.")
    }
    guard var format = texts.first?.format else {
      throw table.error(what: "there are no rows", remedy: "Check that the export was complete.")
    }
    for (k, text) in texts.enumerated() where text.format != format {
      throw error(
        categories.firstRows[k],
        what: "\"\(categories.levels[k])\" in column \"\(name)\" is written \(text.format.pattern)"
          + ", the dates above it \(format.pattern)",
        remedy: "Write all dates in the same way, best as YYYY-MM-DD.")
    }
    if format.monthName != nil {
      format.monthName = texts.lazy.compactMap(\.monthName).first ?? preferred?.monthName ?? .short
    } else if format.order == .dayMonthYear {
      format.order = try dayOrder(texts, categories, format, preferred)
    }
    format.isPadded = texts.lazy.compactMap(\.isPadded).first ?? preferred?.isPadded ?? true
    var levels: [Timestamp] = []
    levels.reserveCapacity(texts.count)
    for (k, text) in texts.enumerated() {
      guard let timestamp = text.timestamp(in: format.order) else {
        throw dateError(categories.firstRows[k], categories.levels[k])
      }
      levels.append(timestamp)
    }
    return TableTimestamps(
      format: format, codes: categories.codes, levels: levels, firstRows: categories.firstRows)
  }

  /// The column as numbers, if nearly all of its cells are whole ones; nil for all else.
  ///
  /// - Throws: ``TableError`` naming the first cell that is none, or no such date as the others.
  private func wholeNumbers(
    _ categories: TableCategories, _ preferred: DateFormat?
  ) throws(TableError) -> TableTimestamps? {
    let numbers = categories.levels.map { WholeNumberDate.number($0) }
    let filled = categories.levels.count { !$0.isEmpty }
    let known = numbers.count { $0 != nil }
    guard known > 0, 10 * known >= 9 * filled else { return nil }
    let format = WholeNumberDate.format(
      zip(categories.levels, numbers).filter { $0.1 != nil }.map(\.0), preferring: preferred)
    // Where dates are expected, a number that can be none is a mistake.
    if format.areNumbers, let preferred, !preferred.areNumbers { return nil }
    var levels: [Timestamp] = []
    levels.reserveCapacity(numbers.count)
    for (k, level) in categories.levels.enumerated() {
      guard let timestamp = WholeNumberDate.timestamp(level, format) else {
        let row = categories.firstRows[k]
        guard format.areNumbers, !level.isEmpty else { throw dateError(row, level) }
        throw error(
          row,
          what: "\"\(level.shortened)\" in column \"\(name)\" is not a whole number, as the other "
            + "cells are", remedy: "Number the steps 1, 2, 3, or write dates as YYYY-MM-DD.")
      }
      levels.append(timestamp)
    }
    return TableTimestamps(
      format: format, codes: categories.codes, levels: levels, firstRows: categories.firstRows)
  }

  /// Whether the day or the month stands first in dates that end with the year.
  private func dayOrder(
    _ texts: [DateText], _ categories: TableCategories, _ format: DateFormat,
    _ preferred: DateFormat?
  ) throws(TableError) -> DateFormat.Order {
    // Only the day comes first where points stand between.
    if format.dateSeparator == "." { return .dayMonthYear }
    let dayFirst = texts.firstIndex { $0.parts.0 > 12 }
    let monthFirst = texts.firstIndex { $0.parts.1 > 12 }
    switch (dayFirst, monthFirst) {
    case (_?, nil): return .dayMonthYear
    case (nil, _?): return .monthDayYear
    case (let day?, let month?):
      let later = max(day, month)
      throw error(
        categories.firstRows[later],
        what: "\"\(categories.levels[later])\" in column \"\(name)\" and "
          + "\"\(categories.levels[min(day, month)])\" above it put day and month in different "
          + "orders",
        remedy: "Rewrite the dates as YYYY-MM-DD.")
    case (nil, nil):
      if let preferred, [.dayMonthYear, .monthDayYear].contains(preferred.order),
        preferred.dateSeparator == format.dateSeparator
      {
        return preferred.order
      }
      throw error(
        0,
        what: "\"\(string(0))\" in column \"\(name)\" can be month/day/year as well as "
          + "day/month/year, and so can all other rows",
        remedy: "Rewrite the dates as YYYY-MM-DD.")
    }
  }

  private func dateError(_ row: Int, _ text: String) -> TableError {
    guard !text.isEmpty else {
      return error(
        row, what: "the cell of column \"\(name)\" is empty; a date is needed",
        remedy: "Fill it in, or remove the row.")
    }
    let remedy =
      if text.uppercased().hasSuffix("AM") || text.uppercased().hasSuffix("PM") {
        "Write times by 24 hours, as YYYY-MM-DD HH:MM."
      } else if text.contains("T"), text.contains(":") {
        "Write times as YYYY-MM-DDTHH:MM:SS, all in one zone and without naming it."
      } else {
        "Write dates as YYYY-MM-DD, with time as YYYY-MM-DD HH:MM:SS; months as YYYY-MM."
      }
    return error(
      row, what: "\"\(text.shortened)\" in column \"\(name)\" is not a date", remedy: remedy)
  }
}
