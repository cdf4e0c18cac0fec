import Foundation
import SluicePlatform
import Testing

@testable import SluiceTables
import SluicePlatform

@Suite struct BadTableTests {
  static func error(_ text: String) throws -> TableError {
    try #require(throws: TableError.self) { try Table(csv: text, file: "bad.csv") }
  }

  @Test func aFolderOrNothingIsNoTable() throws {
    let missing = try #require(throws: FileError.self) { try Table.read("no/such/file.csv") }
    #expect(missing.description.hasPrefix("cannot read no/such/file.csv: "))
    let folder = FileManager.default.temporaryDirectory.path
    let error = try #require(throws: FileError.self) { try Table.read(folder) }
    #expect(error.description.hasSuffix("Give the name of a file, not of a folder"))
  }

  @Test func aFileIsRead() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-table-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: url) }
    // Longer than what is read at first, so that reading goes on.
    let text = "a,b\n" + String(repeating: "12345,67890\n", count: 20_000)
    try Data(text.utf8).write(to: url)
    let table = try Table.read(url.path)
    #expect(table.rowCount == 20_000)
    #expect(table.string(row: 19_999, column: 1) == "67890")
    #expect(table.file == url.path)
  }

  @Test(arguments: ["", "\n\n", "\r\n"])
  func nothingAtAll(_ text: String) throws {
    let error = try Self.error(text)
    #expect(
      error.description
        == "bad.csv: the file is empty. A table begins with a line that names its columns.")
  }

  @Test func headerOnly() throws {
    let error = try Self.error("date,sales\n")
    #expect(error.what == "the file has a header but no rows")
  }

  @Test func rowsOfAnotherLength() throws {
    let long = try Self.error("a,b\n1,2\n1,2,3\n")
    #expect(
      long.description == "bad.csv:3: this row has 3 cells, the header has 2. "
        + "Quote cells that hold a comma, or remove what is too much.")
    let short = try Self.error("a;b;c\n\n1;2;3\n4;5\n")
    #expect(short.line == 4)
    #expect(short.what == "this row has 2 cells, the header has 3")
    #expect(short.remedy.contains("semicolon"))
  }

  @Test func namesTwice() throws {
    let error = try Self.error("date,sales,\"sales\"\n1,2,3\n")
    #expect(error.line == 1)
    #expect(error.column == 12)
    #expect(error.what == "the header names column \"sales\" twice, as columns 2 and 3")
    // Columns without a name cannot be asked for: they do no harm.
    #expect(try Table(csv: ",,a\n1,2,3\n").header == ["", "", "a"])
  }

  @Test(
    arguments: [
      "2020-01-01,1,1,13\n2020-01-02,1,1,11\n", "2020-01-01,1,7,13\n2020-01-02,1,7,11\n",
      "196;242;3;881250949\n186;302;3;891717742\n", "0,\"A text, and good\"\n1,\"Bad\"\n",
    ])
  func aFirstLineOfDataIsNoHeader(_ text: String) throws {
    let error = try #require(throws: TableError.self) {
      try Table(csv: text, file: "bad.csv").column("date")
    }
    #expect(error.place == "bad.csv:1")
    #expect(error.what.hasPrefix("the first line looks like data, not like names"), "\(error)")
    #expect(error.remedy.contains("a line above it"))
  }

  @Test(
    arguments: [
      "0,1,2,label\n1.5,2.5,3.5,a\n", ",0\n2020-01-01,5\n", "item,2015,2016,2017\na,5,6,7\n",
      "day 1,5%\n2,x\n",
    ])
  func namesThatAreNumbersAreNames(_ text: String) throws {
    let table = try Table(csv: text)
    #expect(table.headerError == nil)
    #expect(
      try #require(throws: TableError.self) { try table.column("none") }.what.hasPrefix("there"))
  }

  @Test func quotesLeftOpen() throws {
    let error = try Self.error("a,b\n1,2\n3,\"4\n5,6\n")
    #expect(error.line == 3)
    #expect(error.column == 3)
    #expect(error.what == "a quoted cell begins here and never ends")
  }

  @Test func textBehindQuotes() throws {
    let error = try Self.error("a,b\n1,\"2\"3\n")
    #expect(error.line == 2)
    #expect(error.column == 6)
    #expect(error.remedy.contains("twice"))
  }

  @Test(
    arguments: [
      [0xFF], [0xC3], [0xC0, 0x80], [0xE4, 0xE4], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82],
    ] as [[UInt8]])
  func bytesThatAreNotUTF8(_ bad: [UInt8]) throws {
    // A long line of ASCII and a character of two bytes before it.
    let before = Array("a,b\nlong enough to be read in words,é\nü,".utf8)
    let bytes = before + bad + Array("\n".utf8)
    let error = try #require(throws: TableError.self) { try Table(bytes: bytes, file: "bad.csv") }
    #expect(error.line == 3)
    #expect(error.column == 3)
    #expect(error.what.contains("is not valid UTF-8"))
    #expect(error.remedy.contains("iconv"))
    // The standard library agrees that the text is broken.
    #expect(String(validating: bytes, as: UTF8.self) == nil)
  }

  @Test func everyCharacterIsGoodUTF8() throws {
    let text = (0...0x10FFFF).lazy.compactMap { Unicode.Scalar($0) }.filter { $0.value % 37 == 1 }
    var all = String.UnicodeScalarView()
    all.append(contentsOf: text)
    #expect(TableParser.firstBadByte(Array(String(all).utf8)) == nil)
  }

  @Test func zeroBytesAndUTF16() throws {
    let error = try Self.error("a,b\n1,2\n3,\0\n")
    #expect(error.line == 3)
    #expect(error.column == 3)
    #expect(error.what == "there is a NUL byte")
    let wide = try #require(throws: TableError.self) {
      try Table(bytes: [0xFF, 0xFE, 0x61, 0x00], file: "bad.csv")
    }
    #expect(wide.what == "the file is UTF-16")
  }

  @Test func missingColumnsNameTheNearOnes() throws {
    let table = try Table(csv: "Date,store,item,sales\n1,2,3,4\n", file: "s.csv")
    let date = try #require(throws: TableError.self) { try table.column("date") }
    #expect(
      date.description == "s.csv:1: there is no column \"date\". Did you mean \"Date\"? "
        + "The columns are: Date, store, item, sales.")
    let sales = try #require(throws: TableError.self) { try table.column("slaes") }
    #expect(sales.remedy.contains("Did you mean \"sales\"?"))
    let other = try #require(throws: TableError.self) { try table.column("promotion") }
    #expect(!other.remedy.contains("Did you mean"))
    #expect(table.columnIfPresent("") == nil)
  }
}
