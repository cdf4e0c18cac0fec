/// Builds the text of a CSV file, quoting the cells that need it.
package struct CSVWriter: Sendable {
  /// The byte between cells.
  package let separator: UInt8
  /// What was written so far, UTF-8.
  package private(set) var bytes: [UInt8] = []

  package init(separator: UInt8 = UInt8(ascii: ",")) {
    self.separator = separator
  }

  /// Adds a row and ends its line.
  package mutating func append(_ cells: some Sequence<String>) {
    var isFirst = true
    var isEmpty = true
    for cell in cells {
      if !isFirst { bytes.append(separator) }
      appendCell(cell)
      isEmpty = isEmpty && isFirst && cell.isEmpty
      isFirst = false
    }
    // A row of one empty cell would look like a blank line.
    if isEmpty, !isFirst { bytes.append(contentsOf: [Byte.quote, Byte.quote]) }
    bytes.append(Byte.lineFeed)
  }

  private mutating func appendCell(_ cell: String) {
    let needsQuotes = cell.utf8.contains { byte in
      byte == separator || byte == Byte.quote || byte == Byte.lineFeed
        || byte == Byte.carriageReturn
    }
    guard needsQuotes else {
      bytes.append(contentsOf: cell.utf8)
      return
    }
    bytes.append(Byte.quote)
    for byte in cell.utf8 {
      if byte == Byte.quote { bytes.append(Byte.quote) }
      bytes.append(byte)
    }
    bytes.append(Byte.quote)
  }

  /// The text written so far.
  package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension CSVWriter {
  /// A writer that puts the separator of a table between cells.
  package init(like table: Table) {
    self.init(separator: table.separator)
  }

  /// Adds the header of a table, with further columns behind it.
  package mutating func appendHeader(of table: Table, adding more: [String] = []) {
    append(table.header + more)
  }

  /// Adds a row of a table, with further cells behind it. With the table's own separator its text
  /// stays as it is.
  package mutating func append(row: Int, of table: Table, adding more: [String] = []) {
    guard separator == table.separator else {
      append((0..<table.columnCount).map { table.string(row: row, column: $0) } + more)
      return
    }
    bytes.append(contentsOf: table.bytes[table.rowRange(row)])
    for cell in more {
      bytes.append(separator)
      appendCell(cell)
    }
    bytes.append(Byte.lineFeed)
  }
}
