import Foundation
import SluiceCompute
import SluiceTables
import Testing

@testable import SluiceTasks

/// Several rows for each customer: what matters is their order.
struct ChurnHistoryTests {
  /// Events whose values are the same for those who leave and those who stay, and only their order
  /// differs: who leaves uses less and less.
  private static func events(_ customers: Int, seed: UInt64) -> String {
    var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 3))
    var rows: [String] = []
    for customer in 0..<customers {
      let isGone = generator.uniform() < 0.3
      let count = 2 + generator.index(below: 14)
      var usage = (0..<count).map { _ in Int(generator.uniform() * 1000) }.sorted()
      // Neighbours change places now and then.
      for index in usage.indices.dropLast() where generator.uniform() < 0.3 {
        usage.swapAt(index, index + 1)
      }
      if isGone { usage.reverse() }
      var day = 18_000 + generator.index(below: 300)
      for amount in usage {
        let date = DateFormat.iso.string(Timestamp(CivilDate(dayNumber: day)))
        let kind = ["call", "data"][generator.index(below: 2)]
        rows.append("u\(customer),\(date),\(kind),\(amount),\(isGone ? 1 : 0)")
        day += 1 + generator.index(below: 9)
      }
    }
    // The file is in no order.
    for last in stride(from: rows.count - 1, to: 0, by: -1) {
      rows.swapAt(last, generator.index(below: last + 1))
    }
    return "user,day,kind,usage,churned\n" + rows.joined(separator: "\n") + "\n"
  }

  private static let columns = ChurnData(id: ["user"], time: "day")

  @Test func theOrderOfEventsIsLearnt() throws {
    let settings = ChurnModelTests.small { $0.training.epochs = 10 }
    let (report, model, _) = try ChurnModelTests.train(
      settings, Self.events(800, seed: 1), Self.columns)
    #expect(report.rows == 800)
    let scored = try model.evaluate(Table(csv: Self.events(400, seed: 2)))
    let area = try #require(scored.metrics["auc"])
    let bag = try #require(scored.baselines.first?.metrics["auc"])
    #expect(area > 0.95, "\(area)")
    // A bag of the same events cannot tell.
    #expect(bag < 0.62, "\(bag)")
    let prediction = try model.predict(Table(csv: Self.events(50, seed: 3)), explains: true)
    #expect(prediction.count == 50)
    #expect(String(decoding: prediction.csv(), as: UTF8.self).split(separator: "\n").count == 51)
  }

  @Test func rowsAreGroupedAndSortedByTime() throws {
    let table = try Table(
      csv: """
        who,when,n,churn
        b,2020-01-05,1,
        a,2020-01-03,2,0
        b,2020-01-01,3,0
        a,2020-01-01,4,1
        b,2020-01-02,5,1
        a,2020-01-03,6,

        """)
    let columns = try ChurnColumns.find(
      in: table, ChurnData(id: ["who"], time: "when"))
    let customers = try CustomerTable(table, columns: columns)
    // In the order in which customers appear; rows of one day as in the file.
    #expect(customers.rows == [[2, 4, 0], [3, 1, 5]])
    // The last row that says something decides.
    #expect(try customers.labels() == [true, false])
    #expect(customers.gaps[0] == 3 && customers.gaps[1] == 2 && customers.gaps[5] == 0)
    #expect(customers.gaps[2].isNaN && customers.gaps[3].isNaN)
    #expect(Array(customers.recentRows(of: 0, limit: 2)) == [4, 0])
    #expect(columns.inputs.last?.kind == .gap)
  }

  /// One customer with thousands of rows among others with a few: the latest ones are read, and the
  /// others are not padded to its length.
  @Test func aCustomerWithThousandsOfRows() throws {
    var csv = Self.events(60, seed: 4)
    for row in 0..<5000 {
      let date = DateFormat.iso.string(Timestamp(CivilDate(dayNumber: 10_000 + row)))
      csv += "long,\(date),call,\(5000 - row),1\n"
    }
    let settings = ChurnModelTests.small {
      $0.model.history = 2000
      $0.training.epochs = 1
    }
    let (report, model, _) = try ChurnModelTests.train(settings, csv, Self.columns)
    #expect(report.rows == 61)
    let table = try Table(csv: csv)
    let prediction = try model.predict(table, explains: true)
    #expect(prediction.count == 61)
    #expect(prediction.probabilities.allSatisfy { $0 > 0 && $0 < 1 })
    // The latest 2000 rows are read, in time.
    let customers = try CustomerTable(table, columns: model.fitted.columns)
    let long = try #require((0..<61).first { customers.name(of: $0) == "long" })
    let rows = model.rows(of: [long], in: customers)[0]
    #expect(rows.count == 2000)
    #expect(rows.first.map { table.string(row: Int($0), column: 3) } == "2000")
    #expect(rows.last.map { table.string(row: Int($0), column: 3) } == "1")
  }

  @Test func aTimeThatIsNoneIsAnError() throws {
    let table = try Table(
      csv: "who,when,churn\na,2020-01-01,1\nb,soon,0\n", file: "events.csv")
    let columns = ChurnColumns(
      target: "churn", positive: "1", negative: "0", identifiers: ["who"], time: "when",
      inputs: [], ignored: [])
    let error = #expect(throws: TableError.self) { try CustomerTable(table, columns: columns) }
    #expect(error?.place == "events.csv:3:3" && error?.what.contains("soon") == true)
  }
}
