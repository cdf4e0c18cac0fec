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
      ("1,23,4", "without thousands separators"), ("1.234,5.6", "decimal point"),
      ("1,234.5,6", "decimal point"), ("1 23", "without thousands separators"),
      ("0,123,456", "without thousands separators"), ("$1 2", "without units"),
      ("$12%", "without units"), ("12 kg", "without units"),
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
      (["2.5", "2,5"], "decimal point"), (["2,5", "2.5"], "decimal comma"),
    ])
  func marksThatContradictEachOtherAreRefused(_ cells: [String], _ remedy: String) throws {
    for column in [try Self.semicolons(cells), try Self.column(cells)] {
      let error = try #require(throws: TableError.self) { try column.floats() }
      let isComma = column.table.separator == Byte.comma
      #expect(error.remedy.contains(isComma ? "decimal point" : remedy), "\(error)")
    }
  }

  @Test(
    arguments: [
      (["1,234", "1,234,567", "12"], [1234, 1_234_567, 12]),
      (["1,234.50", "-1,000"], [1234.5, -1000]),
      (["1.234,50", "12.000"], [1234.5, 12_000]), (["1 234", "1 234 567,8"], [1234, 1_234_567.8]),
      (["1\u{A0}234", "1\u{202F}234"], [1234, 1234]),
      (["1'234.5", "1\u{2019}000"], [1234.5, 1000]),
      (["$5", "$1,234.50", "7"], [5, 1234.5, 7]),
      (["-$5", "$-6", "($7)", "(8)"], [-5, -6, -7, -8]),
      (["5 €", "1.234,50 €"], [5, 1234.5]), (["£.5", "£0.25"], [0.5, 0.25]),
      (["R$ 1.234,5"], [1234.5]),
      (["₹12,34,567", "₹1,234"], [1_234_567, 1234]), (["¥1,000,000"], [1_000_000]),
      (["EUR 12", "13 EUR"], [12, 13]), (["12%", "3.5 %", "0"], [12, 3.5, 0]),
      (["\u{2212}4", "5"], [-4, 5]), (["2,5", "1.234,5"], [2.5, 1234.5]),
      (["Rs.500", "Rs. 1,250.5"], [500, 1250.5]),
    ] as [([String], [Float])])
  func writtenNumbersAreReadWhereTheColumnLeavesNoDoubt(
    _ cells: [String], _ values: [Float]
  ) throws {
    for column in [try Self.semicolons(cells), try Self.tabs(cells)] {
      #expect(try column.floats() == values)
      #expect(column.isNumeric)
      #expect(try cells.indices.map { Float(try column.double($0)) } == values)
      #expect(cells.map { column.number($0).map { Float($0) } } == values)
      #expect(column.table.numberDoubts(["x"]).isEmpty)
    }
    // Between commas a number with a point has been read before it is known that it means thousands.
    if !cells.contains("12.000") { #expect(try Self.column(cells).floats() == values) }
  }

  static func tabs(_ cells: [String]) throws -> TableColumn {
    try Table(csv: "d\tx\n" + cells.map { "1\t\($0)\n" }.joined()).column("x")
  }

  @Test(
    arguments: [
      // Nothing else tells: a point is before decimals, as is a comma where none is between cells.
      (["1.500", "2.250"], [1.5, 2.25], "is read as 1.5, not as 1500: a point"),
      (["1,234", "12,345"], [1.234, 12.345], "is read as 1.234, not as 1234: no comma"),
      // Of thousands, what is less has no mark.
      (["1.500", "980"], [1500, 980], "is read as 1500, not as 1.5: the numbers below 1000"),
    ] as [([String], [Float], String)])
  func whatIsInDoubtIsSaid(_ cells: [String], _ values: [Float], _ words: String) throws {
    let column = try Self.semicolons(cells)
    #expect(try column.floats() == values)
    let doubts = column.table.numberDoubts(["d", "x"])
    #expect(doubts.count == 1 && doubts.allSatisfy { $0.contains(words) }, "\(doubts)")
    #expect(doubts.first?.hasPrefix("\"\(cells[0])\" in column \"x\"") == true)
  }

  @Test func otherColumnsTellWhatAMarkMeans() throws {
    let table = try Table(csv: "price;sold\n2,5;1.500\n3,25;2.250\n")
    #expect(try table.column("sold").floats() == [1500, 2250])
    #expect(table.numberDoubts(["sold"]).first?.contains("column \"price\" has a comma") == true)
  }

  @Test func thousandsBetweenCommasAreInDoubtOnlyWhereAllHaveThem() throws {
    let all = try Self.column(["1,234", "2,345"])
    #expect(try all.floats() == [1234, 2345])
    #expect(all.table.numberDoubts(["x"]).first?.contains("read as 1234, not as 1.234") == true)
    let some = try Self.column(["1,234", "345"])
    #expect(try some.floats() == [1234, 345])
    #expect(some.table.numberDoubts(["x"]).isEmpty)
  }

  @Test(arguments: [["$5", "€6"], ["5%", "6"]])
  func mixedUnitsAreRefused(_ cells: [String]) throws {
    let column = try Self.column(cells)
    let error = try #require(throws: TableError.self) { try column.floats() }
    #expect(error.line == 2)
    #expect(error.remedy.contains("in one unit"), "\(error)")
    #expect(!column.isNumeric)
  }

  @Test(arguments: [
    "192.168.1.1", "12:30", "555-1234", "A12", "1.2.3", "01.02.2024", "1 2", "$", "%",
  ])
  func otherTextIsNoNumber(_ text: String) throws {
    #expect(try Self.column([text]).number(text) == nil)
    #expect(try Self.semicolons([text]).number(text) == nil)
  }

  @Test func emptyCellsCanBeFilled() throws {
    #expect(try Self.column(["1", "", "3"]).floats(empty: -1) == [1, -1, 3])
  }

  @Test func decimalsOfAnySize() {
    #expect(DecimalText.of(0.02468, places: 3) == "0.025")
    #expect(DecimalText.of(-1.5, places: 0) == "-2")
    #expect(DecimalText.of(1e300, places: 3) == "1e+300")
    #expect(DecimalText.of(.nan, places: 3) == "nan")
    #expect(DecimalText.of(-.infinity, places: 3) == "-inf")
  }
}
