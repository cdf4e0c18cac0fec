/// What the first cells of a column look like.
package enum CellKind: Hashable, Sendable {
  /// Nothing in them.
  case empty
  /// Dates or times, but not whole numbers that could be some.
  case date
  /// Whole numbers that all can be dates: `20240131`, `202401`, `2024`, Unix time.
  case dateNumber
  /// Other whole numbers, each as far from the one before it.
  case rowNumber
  case number
  case text

  /// Whether the steps of a series can be told by such cells.
  package var canBeTime: Bool { self == .date || self == .dateNumber || self == .rowNumber }
  package var isNumeric: Bool { self == .number || self == .dateNumber || self == .rowNumber }
}

extension Table {
  /// Rows that are looked at to tell what a column holds.
  private static let sampleRows = 200

  /// What a column looks like by its first cells. One in ten may be a slip of the pen.
  ///
  /// - Complexity: O(1) where its cells are plain numbers or dates.
  package func kind(of column: Int) -> CellKind {
    let cells = (0..<min(rowCount, Self.sampleRows)).map {
      string(row: $0, column: column).trimmingBlanks()
    }.filter { !$0.isEmpty }
    guard !cells.isEmpty else { return .empty }
    let numbers = cells.compactMap(WholeNumberDate.number)
    if numbers.count == cells.count {
      if !WholeNumberDate.format(cells, preferring: nil).areNumbers { return .dateNumber }
      let distances = Set(zip(numbers.dropFirst(), numbers).map { $0 &- $1 })
      return numbers.count > 2 && distances.count == 1 && !distances.contains(0)
        ? .rowNumber : .number
    }
    func areMost(_ isSuch: (String) -> Bool) -> Bool {
      10 * cells.count(where: isSuch) >= 9 * cells.count
    }
    let written = self.column(at: column)
    if areMost({ written.number($0) != nil }) { return .number }
    let areDates = areMost { text in
      DateText(Substring(text).utf8).map { !$0.format.isWholeNumber } ?? false
    }
    return areDates ? .date : .text
  }

  /// The cells of the first line that are such as those below them: numbers above numbers, dates above
  /// dates. Where there are some, and they are not 0, 1, 2 as programs name columns, the file has no line
  /// of names.
  package var dataInHeader: [String] {
    let found = header.indices.filter { index in
      let name = header[index]
      if Self.isDate(name) {
        return kind(of: index) == (Self.isNumber(name) ? .dateNumber : .date)
      }
      return Self.isNumber(name) && kind(of: index).isNumeric
    }
    let names = found.map { header[$0] }
    let areCounted = names == (0..<names.count).map { "\($0)" }
    return areCounted && (names.count > 1 || header.contains("")) ? [] : names
  }

  /// The places of columns that have dates for names and numbers below them, as many as three or none.
  package var datesInHeader: [Int] {
    let found = header.indices.filter {
      Self.isDate(header[$0]) && [.number, .dateNumber, .rowNumber, .empty].contains(kind(of: $0))
    }
    guard found.count >= 3, found.count < header.count else { return [] }
    return found
  }

  /// What is wrong where the first line holds no names; nil where it may.
  package var headerError: TableError? {
    let cells = dataInHeader
    guard !cells.isEmpty, datesInHeader.isEmpty else { return nil }
    return Self.headerError(file: file, cells)
  }

  /// - Parameter cells: Those that are no names.
  static func headerError(file: String, _ cells: [String]) -> TableError {
    let listed = cells.prefix(4).map(\.shortened).joined(separator: ", ")
    return TableError(
      file: file, line: 1,
      what: "the first line looks like data, not like names of columns: \(listed)"
        + (cells.count > 4 ? ", …" : ""),
      remedy: "Put a line above it that names every column, with the same separator between them.")
  }

  /// Whether text is a date, be it a whole number of the years 1500 to 2200.
  static func isDate(_ text: String) -> Bool {
    if WholeNumberDate.number(text) != nil {
      return (4...8).contains(text.utf8.count)
        && !WholeNumberDate.format([text], preferring: nil).areNumbers
    }
    return DateText(Substring(text).utf8) != nil
  }

  static func isNumber(_ text: String) -> Bool {
    NumberText.value(of: text) != nil
  }
}
