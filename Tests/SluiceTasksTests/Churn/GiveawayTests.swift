import SluiceCompute
import SluiceTables
import Testing

@testable import SluiceTasks

/// Columns that were written down after the customer had left.
struct GiveawayTests {
  private func found(_ header: String, rows: Int = 400, _ cells: (Int, Bool) -> String) throws
    -> [String]
  {
    var generator = PhiloxGenerator(RandomStream(seed: 3, stream: 1))
    var csv = header + ",churn\n"
    for row in 0..<rows {
      let isGone = generator.uniform() < 0.3
      csv += "\(cells(row, isGone)),\(isGone ? "yes" : "no")\n"
    }
    let table = try Table(csv: csv)
    let columns = try ChurnColumns.find(in: table)
    let customers = try CustomerTable(table, columns: columns)
    let labels = try customers.labels().compactMap { $0 }
    return Giveaway.find(in: customers, of: Array(labels.indices), isGone: labels).map(\.column)
  }

  private func date(_ day: Int) -> String {
    DateFormat.iso.string(Timestamp(CivilDate(dayNumber: day)))
  }

  @Test func whatIsKnownOnlyOfThoseWhoAreGoneIsNamed() throws {
    let names = try found("plan,left_on,fee,reason") { row, isGone in
      "\(row % 3),\(isGone ? date(18_000 + row) : ""),\(isGone ? 5 + row % 90 : -row % 50),"
        + (isGone ? ["price", "service", "moved"][row % 3] : "none given")
    }
    #expect(names == ["left_on", "fee", "reason"])
  }

  /// What repeats itself from row to row hides nothing, and the order of the rows says nothing.
  @Test func theOrderOfRowsDoesNotMatter() throws {
    var counts = [0, 0]
    let names = try found("reason,number") { row, isGone in
      counts[isGone ? 1 : 0] += 1
      let kind = counts[isGone ? 1 : 0] % 2
      return (isGone ? ["price", "moved"] : ["none", "unknown"])[kind] + ",\(row)"
    }
    #expect(names == ["reason"])
  }

  /// A value that hardly any other customer has tells its own customer's end, and no one else's.
  @Test func rareValuesProveNothing() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 4, stream: 1))
    let names = try found("joined,town,amount") { row, _ in
      let town = generator.index(below: 100)
      return "\(date(15_000 + generator.index(below: 4000))),town \(town),\(generator.uniform())"
    }
    #expect(names.isEmpty, "\(names)")
    let towns = try found("town", rows: 48) { row, _ in "town \(row / 2)" }
    #expect(towns.isEmpty, "\(towns)")
  }
}
