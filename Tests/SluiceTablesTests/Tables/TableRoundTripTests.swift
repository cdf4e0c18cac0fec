import SluiceCompute
import Testing

@testable import SluiceTables

/// Random tables, written and read again.
@Suite struct TableRoundTripTests {
  /// Cells made of what is hard to get right: quotes, separators, line breaks, blanks, text beyond
  /// ASCII.
  static func randomCell(_ random: inout PhiloxGenerator) -> String {
    let pieces = [
      "a", "b7", "\"", "\"\"", ",", ";", "\t", "|", "\n", "\r\n", "\r", " ", "é", "漢字", "🙂", "",
      "3.5",
    ]
    return (0..<random.index(below: 5)).map { _ in pieces[random.index(below: pieces.count)] }
      .joined()
  }

  @Test(arguments: [",", ";", "\t", "|"], [UInt64](0..<25))
  func whatIsWrittenIsRead(_ separator: Character, _ seed: UInt64) throws {
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 1))
    let byte = try #require(separator.asciiValue)
    let columns = 1 + random.index(below: 5)
    let rows = (0..<1 + random.index(below: 30)).map { _ in
      (0..<columns).map { _ in Self.randomCell(&random) }
    }
    let header = (0..<columns).map { "column \($0)" }
    var writer = CSVWriter(separator: byte)
    writer.append(header)
    for row in rows { writer.append(row) }

    let mark: [UInt8] = seed % 2 == 0 ? [0xEF, 0xBB, 0xBF] : []
    let table = try Table(bytes: mark + writer.bytes, file: "t.csv", separator: byte)
    #expect(table.header == header)
    #expect(table.rowCount == rows.count)
    for (r, row) in rows.enumerated() {
      for (c, cell) in row.enumerated() { #expect(table.string(row: r, column: c) == cell) }
    }

    // Rows of a table pass through a writer with the same or another separator.
    for other in [byte, byte == Byte.comma ? Byte.tab : Byte.comma] {
      var copy = CSVWriter(separator: other)
      copy.appendHeader(of: table, adding: ["more"])
      for r in 0..<table.rowCount { copy.append(row: r, of: table, adding: ["x\(r)"]) }
      let again = try Table(bytes: copy.bytes, file: "u.csv", separator: other)
      #expect(again.header == header + ["more"])
      for (r, row) in rows.enumerated() {
        #expect((0..<columns).map { again.string(row: r, column: $0) } == row)
        #expect(again.string(row: r, column: columns) == "x\(r)")
      }
    }
  }

  @Test(arguments: [",", ";", "\t", "|"], ["\n", "\r\n", "\r"])
  func separatorsAndLineEndsAreFound(_ separator: String, _ lineEnd: String) throws {
    let lines = [
      ["date", "a text", "sales"], ["2017-01-01", "\"x,;\t|y\"", "1"], ["2017-01-02", "z", "2"],
    ]
    .map { $0.joined(separator: separator) }
    for ending in ["", lineEnd, lineEnd + lineEnd] {
      let table = try Table(csv: lines.joined(separator: lineEnd) + ending)
      #expect(table.header == ["date", "a text", "sales"])
      #expect(table.separator == separator.utf8.first)
      #expect(table.rowCount == 2)
      #expect(table.string(row: 0, column: 1) == "x,;\t|y")
      #expect(table.string(row: 1, column: 2) == "2")
      #expect(table.line(of: 1) == 3)
    }
  }

  @Test func decimalCommasDoNotPassForSeparators() throws {
    let table = try Table(csv: "date;sales;price\n2017-01-01;3;2,5\n2017-01-02;4;2,75\n")
    #expect(table.header == ["date", "sales", "price"])
  }

  @Test func oneColumnNeedsNoSeparator() throws {
    let table = try Table(csv: "text\nhello\n\"\"\nworld\n")
    #expect(table.rowCount == 3)
    #expect(table.column(at: 0).isEmpty(1))
  }

  @Test func linesCountBreaksInsideQuotes() throws {
    let table = try Table(csv: "a,b\n\"x\r\ny\n\",1\n\nz,2\n")
    #expect(table.rowCount == 2)
    #expect(table.string(row: 0, column: 0) == "x\r\ny\n")
    #expect(table.line(of: 0) == 2)
    #expect(table.line(of: 1) == 6)
    #expect(
      table.error(row: 1, column: 1, what: "w", remedy: "R.").description == "<text>:6:3: w. R.")
  }

  @Test func categoriesAreDistinctValues() throws {
    var random = PhiloxGenerator(RandomStream(seed: 3, stream: 2))
    let cells = (0..<5000).map { _ in "level \(random.index(below: 700))" }
    let table = try Table(csv: "c\n" + cells.joined(separator: "\n"))
    let categories = try table.column("c").categories()
    #expect(Set(categories.levels).count == categories.levels.count)
    #expect(Set(categories.levels) == Set(cells))
    for (row, code) in categories.codes.enumerated() {
      #expect(categories.levels[Int(code)] == cells[row])
    }
    for (level, row) in zip(categories.levels, categories.firstRows) {
      #expect(cells.firstIndex(of: level) == row)
    }
  }
}
