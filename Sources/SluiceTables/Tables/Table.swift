import SluicePlatform

/// A CSV file in memory: its bytes, and where each cell lies.
///
/// Cells stay bytes until somebody asks for them as text, numbers, categories or timestamps, through
/// ``TableColumn``. A table of 913,000 rows × 4 cells (17 MB) takes 43 MB.
///
/// Read are: comma, semicolon, tab or pipe between cells, found from the first rows; LF, CRLF or CR
/// at line ends; quoted cells with separators, line breaks and doubled quotes; a byte-order mark;
/// blank lines, which are skipped. Every row must have as many cells as the header. The text must be
/// UTF-8.
///
/// SwiftCSV 0.10 was tried first: for the same file it takes 1.7 s and 250 MB before any number is
/// parsed, 2.8 s and 400 MB when cells are asked for by name. It accepts an unterminated quote, and
/// rows that are too short or too long, without a word, and its errors do not say where they are.
package struct Table: Sendable {
  /// The file as the user named it: every error begins with it.
  package let file: String
  /// The names of the columns, without surrounding blanks.
  package let header: [String]
  /// The byte between cells.
  package let separator: UInt8
  /// The number of rows below the header.
  package let rowCount: Int

  package let bytes: [UInt8]
  /// Where each row begins in `bytes`.
  package let rowStarts: [Int]
  /// For each row, the start of each cell and one past the separator or line end behind the last,
  /// relative to the row: `columnCount + 1` numbers.
  package let cellOffsets: [UInt32]
  /// How columns write numbers, as far as anybody has asked.
  let notations = NumberNotations()
  /// The place of each name of the header.
  package let places: [String: Int]

  /// The number of columns.
  package var columnCount: Int { header.count }

  /// Reads a file, a pipe or `/dev/stdin`.
  ///
  /// - Parameter separator: the byte between cells; found from the first rows when nil.
  /// - Throws: `FileError` when there is no such file or it cannot be read, ``TableError`` when it is
  ///   no table.
  /// - Complexity: O(bytes), 0.06 s for 17 MB.
  package static func read(_ path: String, separator: UInt8? = nil) throws -> Table {
    // The bytes, where cells begin while that list grows, and columns of numbers.
    try Table(bytes: FileReader.bytes(of: path, copies: 6), file: path, separator: separator)
  }

  /// The names of the columns of a file, of which only the beginning is read: rows that are wrong are
  /// passed over.
  ///
  /// - Throws: As ``read(_:separator:)``.
  /// - Complexity: O(1): 64 KiB are read.
  package static func columnNames(of path: String) throws -> [String] {
    var bytes = try FileReader.bytes(of: path, atMost: 1 << 16)
    // A row that is cut off may end within a letter.
    if bytes.count == 1 << 16, let end = bytes.lastIndex(where: { $0 == 10 || $0 == 13 }) {
      bytes.removeSubrange((end + 1)...)
    }
    let start = try TableParser.checkText(bytes, file: path)
    var parser = TableParser(
      bytes: bytes, file: path, separator: TableParser.findSeparator(bytes, from: start),
      start: start)
    try? parser.parse()
    return parser.header
  }

  /// Takes a table from text in memory.
  package init(csv text: String, file: String = "<text>", separator: UInt8? = nil)
    throws(TableError)
  {
    try self.init(bytes: Array(text.utf8), file: file, separator: separator)
  }

  /// Takes a table from the bytes of a file.
  package init(bytes: [UInt8], file: String, separator: UInt8? = nil) throws(TableError) {
    let start = try TableParser.checkText(bytes, file: file)
    let found = separator ?? TableParser.findSeparator(bytes, from: start)
    var parser = TableParser(bytes: bytes, file: file, separator: found, start: start)
    try parser.parse()
    self.file = file
    self.separator = found
    self.bytes = bytes
    header = parser.header
    places = Dictionary(zip(parser.header, 0...), uniquingKeysWith: { first, _ in first })
    rowStarts = parser.rowStarts
    cellOffsets = parser.cellOffsets
    rowCount = parser.rowStarts.count
  }

  /// The bytes of a cell, without its quotes; doubled quotes are still doubled.
  @inline(__always)
  package func cellRange(row: Int, column: Int) -> Range<Int> {
    let base = rowStarts[row]
    let k = row * (header.count + 1) + column
    let start = base + Int(cellOffsets[k])
    let end = base + Int(cellOffsets[k + 1]) - 1
    if start < end, bytes[start] == Byte.quote { return start + 1..<end - 1 }
    return start..<end
  }

  /// The bytes of a row, without its line end.
  package func rowRange(_ row: Int) -> Range<Int> {
    let end = Int(cellOffsets[(row + 1) * (header.count + 1) - 1]) - 1
    return rowStarts[row]..<rowStarts[row] + end
  }

  /// A cell as text, quotes undone.
  ///
  /// - Complexity: O(length of the cell).
  package func string(row: Int, column: Int) -> String {
    let range = cellRange(row: row, column: column)
    let quoted = range.lowerBound > 0 && bytes[range.lowerBound - 1] == Byte.quote
    guard quoted, bytes[range].contains(Byte.quote) else {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    return TableParser.undoubled(bytes[range])
  }

  /// The line on which a row begins, from 1.
  ///
  /// - Complexity: O(bytes before the row): for messages, not for loops.
  package func line(of row: Int) -> Int {
    TableParser.position(of: rowStarts[row], in: bytes).line
  }

  /// An error that points at a cell.
  package func error(row: Int, column: Int, what: String, remedy: String) -> TableError {
    let k = row * (header.count + 1) + column
    let offset = rowStarts[row] + Int(cellOffsets[k])
    let place = TableParser.position(of: offset, in: bytes)
    return TableError(
      file: file, line: place.line, column: place.column, what: what, remedy: remedy)
  }

  /// An error about the whole file.
  package func error(what: String, remedy: String) -> TableError {
    TableError(file: file, what: what, remedy: remedy)
  }
}

/// The bytes that mean something in a table.
package enum Byte {
  package static let quote = UInt8(ascii: "\"")
  package static let comma = UInt8(ascii: ",")
  package static let semicolon = UInt8(ascii: ";")
  package static let point = UInt8(ascii: ".")
  package static let lineFeed = UInt8(ascii: "\n")
  package static let carriageReturn = UInt8(ascii: "\r")
  package static let space = UInt8(ascii: " ")
  package static let tab = UInt8(ascii: "\t")
  package static let zero = UInt8(ascii: "0")
  package static let nine = UInt8(ascii: "9")
}
