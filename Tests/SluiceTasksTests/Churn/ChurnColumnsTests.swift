import SluiceCompute
import SluiceTables
import Testing

@testable import SluiceTasks

/// What columns hold is found from their cells, traps of well-known files included.
struct ChurnColumnsTests {
  private static func table(_ header: String, rows: Int = 200, _ row: (Int) -> String) throws
    -> Table
  {
    try Table(
      csv: header + "\r\n" + (0..<rows).map { row($0) + "\r\n" }.joined(), file: "customers.csv")
  }

  /// A number that looks random, the same on every run.
  private static func noise(_ row: Int, below bound: Int) -> Int {
    var generator = PhiloxGenerator(RandomStream(seed: UInt64(row), stream: 9))
    return generator.index(below: bound)
  }

  private static func kinds(_ columns: ChurnColumns) -> [String: ColumnKind] {
    Dictionary(uniqueKeysWithValues: columns.inputs.map { ($0.name, $0.kind) })
  }

  @Test func telcoNeedsNoFlags() throws {
    let table = try Table(csv: SampleChurn(seed: 1).csv())
    let columns = try ChurnColumns.find(in: table)
    #expect(columns.target == "Churn" && columns.positive == "Yes" && columns.negative == "No")
    #expect(columns.identifiers == ["customerID"] && columns.ignored.isEmpty)
    let kinds = Self.kinds(columns)
    #expect(kinds.count == 19)
    // 0/1 where other flags are Yes/No, and a space where there is no total yet.
    #expect(kinds["SeniorCitizen"] == .yesNo && kinds["Partner"] == .yesNo)
    #expect(kinds["TotalCharges"] == .number && kinds["tenure"] == .number)
    #expect(kinds["Contract"] == .category && kinds["gender"] == .category)
    #expect(table.column(at: 19).categories().levels.contains(""), "the sample has blank totals")
  }

  /// Row numbers, identifiers in no order, surnames: none of them says anything about a customer.
  @Test func bankNeedsNoFlags() throws {
    let table = try Self.table(
      "RowNumber,CustomerId,Surname,CreditScore,Geography,Gender,Age,Tenure,Balance,NumOfProducts,"
        + "HasCrCard,EstimatedSalary,Exited", rows: 1000
    ) { row in
      let surname = "H?\(Self.noise(row, below: 600))"
      let balance = row % 3 == 0 ? "0" : "\(Self.noise(row, below: 20_000_000)).\(row % 100)"
      return "\(row + 1),\(15_565_701 + (row * 7919) % 250_007),\(surname),"
        + "\(350 + Self.noise(row, below: 500)),\(["France", "Spain", "Germany"][row % 3]),"
        + "\(row % 2 == 0 ? "Male" : "Female"),\(18 + Self.noise(row + 7, below: 60)),"
        + "\(row % 11),\(balance),\(1 + row % 4),\(row % 2),\(Self.noise(row, below: 99999)).5,"
        + "\(row % 5 == 0 ? 1 : 0)"
    }
    let columns = try ChurnColumns.find(in: table)
    #expect(columns.target == "Exited" && columns.positive == "1")
    #expect(columns.identifiers == ["RowNumber", "CustomerId", "Surname"])
    let kinds = Self.kinds(columns)
    #expect(kinds["Tenure"] == .smallInteger && kinds["NumOfProducts"] == .smallInteger)
    #expect(kinds["HasCrCard"] == .yesNo && kinds["Geography"] == .category)
    for name in ["CreditScore", "Age", "Balance", "EstimatedSalary"] {
      #expect(kinds[name] == .number, "\(name)")
    }
  }

  @Test func columnsThatSayNothingAreLeftOutWithAReason() throws {
    let table = try Self.table(",Country,Notes,Income,Half empty,churned") { row in
      "\(row),US,note \(row / 2) of \(row % 2 == 0 ? "a" : "b") \(row),\(20_000 + row * row),"
        + "\(row % 2 == 0 ? "x" : ""),\(row % 2)"
    }
    let columns = try ChurnColumns.find(in: table)
    let reasons = Dictionary(uniqueKeysWithValues: columns.ignored.map { ($0.name, $0.reason) })
    #expect(reasons[""] == "it has no name")
    #expect(reasons["Country"] == "it has one value only")
    #expect(columns.identifiers == ["Notes"])
    let kinds = Self.kinds(columns)
    // All different, but spread out and named like a quantity.
    #expect(kinds["Income"] == .number)
    #expect(kinds["Half empty"] == .category)
  }

  @Test func datesAndWordsAmongNumbers() throws {
    let table = try Self.table("joined,renewed,visits,usage,churn") { row in
      let joined = DateFormat.iso.string(Timestamp(CivilDate(dayNumber: 18_000 + row)))
      let renewed = "\(1 + row % 12)/\(1 + row % 28)/2021"
      let visits = row % 9 == 8 ? "8+" : "\(row % 9)"
      let usage = row == 17 ? "unknown" : "\(Double(row * row) / 7)"
      return "\(joined),\(renewed),\(visits),\(usage),\(row % 3 == 0 ? "yes" : "no")"
    }
    let columns = try ChurnColumns.find(in: table)
    let kinds = Self.kinds(columns)
    #expect(kinds["joined"] == .date && kinds["renewed"] == .date)
    #expect(kinds["visits"] == .category)
    #expect(kinds["usage"] == .number, "one word among 200 numbers")
    let renewed = ColumnProfile(try table.column("renewed"))
    #expect(renewed.dateFormat?.order == .monthDayYear)
  }

  @Test func whatTheUserSaysComesFirst() throws {
    let table = try Self.table("account,plan,gone,Churn") { row in
      "\(row % 40),\(row % 3),\(row % 2 == 0 ? "stays" : "leaves"),\(row % 2)"
    }
    let columns = try ChurnColumns.find(
      in: table,
      ChurnData(
        target: "gone", positive: "Leaves", id: ["account"], ignore: ["Churn"]))
    #expect(columns.target == "gone" && columns.positive == "leaves")
    #expect(columns.negative == "stays" && columns.identifiers == ["account"])
    #expect(columns.inputs.map(\.name) == ["plan"])
  }

  /// A table or a wish that cannot be met, and what the message must contain.
  struct Bad: CustomTestStringConvertible, Sendable {
    var name: String
    var target: @Sendable (Int) -> String
    var data = ChurnData()
    var header = "plan,churn"
    var parts: [String]
    var testDescription: String { name }
  }

  static let bad: [Bad] = [
    Bad(
      name: "three values", target: { ["stayed", "churned", "joined"][$0 % 3] },
      parts: ["\"churn\" has 3 values", "stayed (67)", "joined (66)", "`data.target`"]),
    Bad(name: "one value", target: { _ in "no" }, parts: ["\"churn\"", ", no"]),
    Bad(name: "no value", target: { _ in "" }, parts: ["\"churn\"", "`data.target`"]),
    Bad(
      name: "unknown words", target: { ["A", "B"][$0 % 2] },
      parts: ["A (100), B (100)", "`data.positive`"]),
    Bad(
      name: "a positive value that is none", target: { ["A", "B"][$0 % 2] },
      data: ChurnData(positive: "C"), parts: ["\"C\"", "A (100)", "`data.positive`"]),
    Bad(
      name: "no target", target: { "\($0 % 2)" }, header: "plan,gone?",
      parts: ["customers.csv:1:", "`data.target`", "plan, gone?"]),
    Bad(
      name: "a column that is none", target: { "\($0 % 2)" },
      data: ChurnData(target: "chrn"), parts: ["customers.csv:1:", "\"chrn\"", "\"churn\""]),
    Bad(
      name: "one column twice", target: { "\($0 % 2)" },
      data: ChurnData(target: "churn", ignore: ["churn"]),
      parts: ["\"churn\"", "`data.ignore`"]),
    Bad(
      name: "histories without customers", target: { "\($0 % 2)" },
      data: ChurnData(time: "plan"), parts: ["`data.time`", "`data.id`"]),
    Bad(
      name: "nothing to learn from", target: { "\($0 % 2)" },
      data: ChurnData(ignore: ["plan"]), parts: ["\"churn\"", "plan (as asked)"]),
  ]

  @Test(arguments: bad)
  func badTablesAreErrors(bad: Bad) throws {
    let table = try Self.table(bad.header) { "\($0 % 4),\(bad.target($0))" }
    let error = #expect(throws: TableError.self) {
      try ChurnColumns.find(in: table, bad.data)
    }
    #expect(error?.file == "customers.csv")
    for part in bad.parts { #expect("\(error, default: "")".contains(part), "\(part)") }
  }

  @Test func bothWaysToWriteTheTarget() throws {
    for (values, positive) in [
      (["Existing Customer", "Attrited Customer"], "Attrited Customer"), (["0.0", "1.0"], "1.0"),
      (["-1", "1"], "1"), (["TRUE", "FALSE"], "TRUE"), (["Stayed", "Bye"], "Bye"),
    ] {
      let table = try Self.table("plan,churn") { "\($0 % 4),\(values[$0 % 2])" }
      let columns = try ChurnColumns.find(in: table)
      #expect(columns.positive == positive)
    }
  }

  @Test func aCellThatIsNeitherIsAnErrorAndABlankOneIsNot() throws {
    let values = TargetValues(positive: "1", negative: "0")
    let table = try Table(csv: "churn\n1.0\n0\n \nmaybe\n", file: "c.csv")
    let column = try table.column("churn")
    #expect(try values.isPositive(column, row: 0) == true)
    #expect(try values.isPositive(column, row: 1) == false)
    #expect(try values.isPositive(column, row: 2) == nil)
    let error = #expect(throws: TableError.self) { try values.isPositive(column, row: 3) }
    #expect(error?.place == "c.csv:5:1" && error?.what.contains("\"maybe\"") == true)
  }
}

extension ChurnData {
  /// What the columns of a table are, as far as it is said.
  init(
    target: String? = nil, positive: String? = nil, id: [String]? = nil, time: String? = nil,
    ignore: [String] = []
  ) {
    self.init()
    self.target = target
    self.positive = positive
    self.id = id
    self.time = time
    self.ignore = ignore
  }
}
