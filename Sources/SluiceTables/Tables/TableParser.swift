/// Finds the cells of a CSV text in one pass over its bytes.
package struct TableParser {
  package let bytes: [UInt8]
  package let file: String
  package let separator: UInt8
  /// Where the text begins, behind a byte-order mark.
  package let start: Int

  package private(set) var header: [String] = []
  package private(set) var rowStarts: [Int] = []
  package private(set) var cellOffsets: [UInt32] = []

  package init(bytes: [UInt8], file: String, separator: UInt8, start: Int) {
    self.bytes = bytes
    self.file = file
    self.separator = separator
    self.start = start
  }

  /// What stops the pass, at a byte of the text.
  private enum Fault: Error {
    case unterminatedQuote(Int)
    case textAfterQuote(Int)
    case cellCount(row: Int, count: Int)
    case rowTooLong(Int)
  }

  package mutating func parse() throws(TableError) {
    var row = start
    var cells: [UInt32] = []
    guard try next(&row, into: &cells, expecting: nil) else {
      throw TableError(
        file: file, what: "the file is empty",
        remedy: "A table begins with a line that names its columns.")
    }
    try takeHeader(from: rowStarts[0], cells)
    rowStarts.removeAll()
    let width = header.count
    // A guess from the length of the header avoids most regrowth.
    rowStarts.reserveCapacity((bytes.count - row) / max(width * 4, 8))
    cells.removeAll()
    cells.reserveCapacity((bytes.count - row) / 4)
    while try next(&row, into: &cells, expecting: width) {
      guard rowStarts.count < Int(Int32.max) else {
        throw TableError(
          file: file, what: "the table has more than 2,147,483,647 rows", remedy: "Split it.")
      }
    }
    cellOffsets = cells
    if rowStarts.isEmpty {
      throw TableError(
        file: file, what: "the file has a header but no rows",
        remedy: "Check that the export was complete.")
    }
  }

  /// Reads one row from `position` on, skipping blank lines; false at the end of the text.
  private mutating func next(
    _ position: inout Int, into cells: inout [UInt32], expecting width: Int?
  ) throws(TableError) -> Bool {
    do {
      let separator = self.separator
      let row = try bytes.withUnsafeBufferPointer { text throws(Fault) in
        try Self.scanRow(text, &position, separator, into: &cells, expecting: width)
      }
      guard let row else { return false }
      rowStarts.append(row)
      return true
    } catch {
      throw describe(error, width: width ?? 0)
    }
  }

  /// - Returns: where the row begins, nil at the end of the text.
  private static func scanRow(
    _ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ separator: UInt8,
    into cells: inout [UInt32], expecting width: Int?
  ) throws(Fault) -> Int? {
    let end = text.count
    var i = position
    while i < end, text[i] == Byte.lineFeed || text[i] == Byte.carriageReturn { i += 1 }
    guard i < end else {
      position = end
      return nil
    }
    let row = i
    var count = 0
    while true {
      guard i - row < Int(UInt32.max) else { throw .rowTooLong(row) }
      cells.append(UInt32(truncatingIfNeeded: i - row))
      count += 1
      if i < end, text[i] == Byte.quote {
        let opening = i
        i += 1
        while true {
          while i < end, text[i] != Byte.quote { i += 1 }
          guard i < end else { throw .unterminatedQuote(opening) }
          i += 1
          if i < end, text[i] == Byte.quote { i += 1 } else { break }
        }
        if i < end, text[i] != separator, text[i] != Byte.lineFeed, text[i] != Byte.carriageReturn {
          throw .textAfterQuote(i)
        }
      } else {
        while i < end, text[i] != separator, text[i] != Byte.lineFeed,
          text[i] != Byte.carriageReturn
        { i += 1 }
      }
      if i < end, text[i] == separator {
        i += 1
      } else {
        break
      }
    }
    guard i + 1 - row < Int(UInt32.max) else { throw .rowTooLong(row) }
    cells.append(UInt32(truncatingIfNeeded: i + 1 - row))
    position = i
    if let width, count != width { throw .cellCount(row: row, count: count) }
    return row
  }

  private mutating func takeHeader(from row: Int, _ cells: [UInt32]) throws(TableError) {
    var places: [String: Int] = [:]
    for c in 0..<cells.count - 1 {
      let begin = row + Int(cells[c])
      var cell = bytes[begin..<row + Int(cells[c + 1]) - 1]
      if cell.first == Byte.quote { cell = cell.dropFirst().dropLast() }
      let name = Self.undoubled(cell).trimmingBlanks()
      // Columns without a name cannot be asked for, so there may be several.
      if let other = places.updateValue(c, forKey: name), !name.isEmpty {
        if Table.isNumber(name) || Table.isDate(name) {
          throw Table.headerError(file: file, header.filter { !$0.isEmpty } + [name])
        }
        let place = Self.position(of: begin, in: bytes)
        throw TableError(
          file: file, line: place.line, column: place.column,
          what: "the header names column \"\(name)\" twice, as columns \(other + 1) and \(c + 1)",
          remedy: "Rename one of them.")
      }
      header.append(name)
    }
  }

  private func describe(_ fault: Fault, width: Int) -> TableError {
    func error(at offset: Int, _ what: String, _ remedy: String) -> TableError {
      let place = Self.position(of: offset, in: bytes)
      return TableError(
        file: file, line: place.line, column: place.column, what: what, remedy: remedy)
    }
    switch fault {
    case .unterminatedQuote(let offset):
      return error(
        at: offset, "a quoted cell begins here and never ends",
        "Close the quote; a quote inside a quoted cell is written twice (\"\").")
    case .textAfterQuote(let offset):
      return error(
        at: offset, "there is text behind the closing quote of a cell",
        "A quote inside a quoted cell is written twice (\"\").")
    case .rowTooLong(let offset):
      return error(
        at: offset, "the row is longer than 4 GiB", "Check the quotes in this row.")
    case .cellCount(let row, let count):
      let name = Self.name(ofSeparator: separator)
      let place = Self.position(of: row, in: bytes)
      return TableError(
        file: file, line: place.line,
        what: "this row has \(count) \(count == 1 ? "cell" : "cells"), the header has \(width)",
        remedy: count > width
          ? "Quote cells that hold a \(name), or remove what is too much."
          : "Complete the row, or remove it; an empty cell still needs its \(name).")
    }
  }
}
