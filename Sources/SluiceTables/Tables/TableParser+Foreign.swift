extension TableParser {
  /// What is wrong where a file is no text but in a format that its first bytes tell, or JSON; nil for
  /// all else.
  ///
  /// - Complexity: O(1).
  static func foreignFormat(of bytes: [UInt8], file: String) -> TableError? {
    func error(_ kind: String, _ remedy: String) -> TableError {
      TableError(file: file, what: "the file is \(kind), not a CSV", remedy: remedy)
    }
    func unpacked(by program: String) -> String {
      "Unpack it first, for example with: \(program) \(shellWord(file))"
    }
    func converted(by reader: String) -> String {
      let name = "\"" + file.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
      return "With pandas: python3 -c "
        + shellWord(
          "import pandas as pd; pd.\(reader.replacing("FILE", with: name)).to_csv(\"table.csv\", index=False)"
        )
    }
    for (mark, name, program) in packed where bytes.starts(with: mark) {
      return error("packed by \(name)", unpacked(by: program))
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return isWorkbook(bytes)
        ? error(
          "a workbook (xlsx or the like)",
          "Save it as CSV in UTF-8 where it was made. "
            + converted(by: "read_excel(FILE)"))
        : error("a zip archive", unpacked(by: "unzip"))
    }
    if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
      return error("a workbook of an old kind (xls)", "Save it as CSV in UTF-8 where it was made.")
    }
    if bytes.starts(with: Array("PAR1".utf8)) {
      return error("in Parquet", converted(by: "read_parquet(FILE)"))
    }
    if bytes.starts(with: Array("ARROW1".utf8)) {
      return error("in Arrow's format", converted(by: "read_feather(FILE)"))
    }
    if bytes.starts(with: Array("SQLite format 3\u{0}".utf8)) {
      return error(
        "a database of SQLite",
        "Write a table of it as CSV: sqlite3 -header -csv "
          + shellWord(file) + " 'select * from NAME' > table.csv")
    }
    if bytes.starts(with: Array("%PDF-".utf8)) {
      return error("a PDF", "Give the table as CSV in UTF-8.")
    }
    guard isJSON(bytes) else { return nil }
    let isList = bytes.first { !isBlank($0) } == UInt8(ascii: "[")
    return error("JSON", converted(by: isList ? "read_json(FILE)" : "read_json(FILE, lines=True)"))
  }

  /// First bytes, who packs so, and what unpacks it.
  private static let packed: [(mark: [UInt8], name: String, program: String)] = [
    ([0x1F, 0x8B], "gzip", "gunzip -k"), ([0x42, 0x5A, 0x68], "bzip2", "bunzip2 -k"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz", "unxz -k"),
    ([0x28, 0xB5, 0x2F, 0xFD], "zstd", "unzstd"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7-Zip", "7z x"),
  ]

  /// Whether the first file of a zip archive is one of a workbook's.
  private static func isWorkbook(_ bytes: [UInt8]) -> Bool {
    let name = bytes.dropFirst(30).prefix(24)
    return ["[Content_Types]", "_rels/", "xl/", "docProps/", "mimetypeapplication/vnd"].contains {
      name.starts(with: $0.utf8)
    }
  }

  /// Whether text begins as an object of JSON with a named value does, or as a list of such.
  private static func isJSON(_ bytes: [UInt8]) -> Bool {
    var rest = bytes.prefix(4096).drop(while: isBlank)
    if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop(while: isBlank) }
    guard rest.first == UInt8(ascii: "{") else { return false }
    rest = rest.dropFirst().drop(while: isBlank)
    guard rest.first == Byte.quote, let end = rest.dropFirst().firstIndex(of: Byte.quote) else {
      return false
    }
    return rest[(end + 1)...].drop(while: isBlank).first == UInt8(ascii: ":")
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == Byte.space || byte == Byte.tab || byte == Byte.lineFeed || byte == Byte.carriageReturn
  }

  private static func shellWord(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
