import SluiceCompute
import Testing

@testable import SluiceTables

@Suite struct NumberTests {
  static func column(_ cells: [String]) throws -> TableColumn {
    var writer = CSVWriter()
    writer.append(["x", "y"])
    for cell in cells { writer.append([cell, "1"]) }
    return try Table(bytes: writer.bytes, file: "n.csv").column("x")
  }

  @Test func numbersAreRoundedCorrectly() throws {
    var random = PhiloxGenerator(RandomStream(seed: 9, stream: 3))
    var cells = [
      "0", "-0", "1", "+1", ".5", "5.", "1e3", "1E-3", "1e+2", " 7\t", "16777217", "16777219",
      "0.1", "0.3", "9007199254740993", "123456789012345678901234567890", "3.4028234e38",
      "1e-45", "1e-60", "2.2250738585072011e-308", "0.000001", "1e10", "7e22", "00012",
      "8.589973e9", "4.1414e-9",
    ]
    for _ in 0..<2000 {
      var cell = "\(random.index(below: 1_000_000_000))"
      if random.index(below: 2) == 0 { cell += ".\(random.index(below: 1_000_000))" }
      if random.index(below: 4) == 0 { cell += "e\(random.index(below: 30) - 15)" }
      cells.append(cell)
    }
    let column = try Self.column(cells)
    for (row, cell) in cells.enumerated() {
      let plain = cell.trimmingBlanks()
      #expect(try column.double(row) == Double(plain), "\(cell)")
      #expect(try column.float(row) == Float(plain), "\(cell)")
    }
    #expect(column.isNumeric)
  }

  @Test(
    arguments: [
      ("nan", "finite numbers"), ("NaN", "finite numbers"), ("inf", "finite numbers"),
      ("-Infinity", "finite numbers"), ("null", "finite numbers"), ("1e39", "3.4e38"),
      ("2,5", "decimal point"), ("1,234", "thousands separators"),
      ("1,234,567", "without thousands separators"), ("1.234,5", "decimal point"),
      ("1 234", "without thousands separators"), ("$12", "without units"),
      ("12 kg", "without units"),
      ("abc", "Write a number"), ("-", "Write a number"), ("1e", "Write a number"),
      ("0x10", "without units"), ("1.2.3", "Write a number"), ("--1", "or remove"),
      ("", "Fill it in"), ("  ", "Fill it in"),
    ])
  func whatIsNoNumberSaysWhatToDo(_ cell: String, _ remedy: String) throws {
    let column = try Self.column(["1", cell])
    let error = try #require(throws: TableError.self) { try column.float(1) }
    #expect(error.file == "n.csv")
    #expect(error.line == 3)
    #expect(error.column == 1)
    #expect(error.remedy.contains(remedy), "\(error)")
    #expect(error.what.contains("\"x\""))
    #expect(throws: error) { try column.floats() }
  }

  static func semicolons(_ cells: [String]) throws -> TableColumn {
    try Table(csv: "d;x\n" + cells.map { "1;\($0)\n" }.joined()).column("x")
  }

  @Test func decimalCommasAreReadWhereNothingElseIsMeant() throws {
    let column = try Self.semicolons(["12", "1,234", "-0,5", "3,4e2", "1234567,891011121314151"])
    #expect(try column.floats() == [12, 1.234, -0.5, 340, 1_234_567.9])
    #expect(try column.double(4) == 1_234_567.891011121314151)
    #expect(column.isNumeric)
    #expect(try Self.semicolons(["0,125"]).floats() == [0.125])
    #expect(try Self.semicolons(["1.5", "7"]).floats() == [1.5, 7])
  }

  @Test(
    arguments: [
      (["1,234", "12,345"], "decimal point"), (["2.5", "2,5"], "decimal point"),
      (["2,5", "2.5"], "decimal comma"), (["2,5", "1.234,5"], "decimal comma"),
    ])
  func commasThatAreInDoubtAreRefused(_ cells: [String], _ remedy: String) throws {
    let column = try Self.semicolons(cells)
    let error = try #require(throws: TableError.self) { try column.floats() }
    #expect(error.remedy.contains(remedy), "\(error)")
  }

  @Test func emptyCellsCanBeFilled() throws {
    #expect(try Self.column(["1", "", "3"]).floats(empty: -1) == [1, -1, 3])
  }
}
