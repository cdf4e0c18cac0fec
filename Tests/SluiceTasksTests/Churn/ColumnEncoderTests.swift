import Foundation
import SluiceTables
import Testing

@testable import SluiceTasks

struct ColumnEncoderTests {
  private func encoder(
    _ cells: [String], _ kind: ColumnKind, bins: Int = 4, rarest: Int = 1, rows: [Int]? = nil
  ) throws -> ColumnEncoder {
    let column = try Self.column(cells)
    return ColumnEncoder(
      .init(name: "x", kind: kind), fittedTo: column, rows: rows ?? Array(cells.indices),
      bins: bins, rarest: rarest)
  }

  private static func column(_ cells: [String]) throws -> TableColumn {
    try Table(csv: "x,y\n" + cells.map { "\($0),1\n" }.joined()).column("x")
  }

  private func code(_ encoder: ColumnEncoder, _ value: Double, bins: Int = 4) -> [Float] {
    var code = [Float](repeating: 9, count: ColumnEncoder.codeSize(bins: bins))
    code.withUnsafeMutableBufferPointer { encoder.encode(value, into: $0) }
    return code
  }

  @Test func piecewiseLinear() throws {
    // Quartiles 0, 1, 2, 3, 4.
    let encoder = try encoder((0...4).map(String.init), .number)
    #expect(encoder.edges == [0, 1, 2, 3, 4] && encoder.centre == 2)
    let code = code(encoder, 2.25)
    #expect(Array(code[0..<4]) == [1, 1, 0.25, 0] && code[5] == 0)
    #expect(abs(code[4] - 2 * Float(0.25 / 2.0.squareRoot())) < 1e-6)
    // Beyond the borders the code ends, and the distance says how far.
    #expect(Array(self.code(encoder, 100)[0..<5]) == [1, 1, 1, 1, 10])
    #expect(Array(self.code(encoder, -100)[0..<5]) == [0, 0, 0, 0, -10])
    #expect(self.code(encoder, .nan) == [0, 0, 0, 0, 0, 2])
  }

  @Test func blanksAndWordsAmongNumbersAreBlank() throws {
    let encoder = try encoder(["1", " ", "3", "n/a", "oops", "7.5"], .number)
    let values = try encoder.values(Self.column(["", "x", "2", " 7.5 ", "NA"]))
    #expect(values.map(\.isNaN) == [true, true, false, false, true])
    #expect(values[2] == 2 && values[3] == 7.5)
    #expect(encoder.edges.first == 1 && encoder.edges.last == 7.5)
  }

  @Test func oneNumberOnlyHasABinToo() throws {
    for cells in [["5", "", "5"], ["", "", ""]] {
      let encoder = try encoder(cells, .number)
      #expect(encoder.isPlausible(bins: 4) && encoder.edges.count == 2)
      #expect(!code(encoder, 5).contains { !$0.isFinite })
    }
  }

  @Test func numbersBeyondReasonStayFinite() throws {
    let encoder = try encoder(["1", "1e300", "-1e308", "2"], .number)
    #expect(encoder.isPlausible(bins: 4))
    for value in try encoder.values(Self.column(["1e308", "0", "-1e300"])) {
      #expect(!code(encoder, value).contains { !$0.isFinite })
    }
  }

  @Test func unseenAndRareValuesShareAnEmbedding() throws {
    let cells = ["a", "b", "a", "", "c", "", "b"]
    let encoder = try encoder(cells, .category, rarest: 2)
    #expect(encoder.levels == ["a", "b", ""])
    #expect(try encoder.codes(Self.column(["b", "c", "z", " ", "a"])) == [2, 0, 0, 3, 1])
    // Only the rows that are trained on count.
    let half = try self.encoder(cells, .category, rows: [0, 2])
    #expect(half.levels == ["a"])
  }

  @Test func wholeNumbersAreTheSameHoweverTheyAreWritten() throws {
    let encoder = try encoder(["1", "2", "3", "1"], .smallInteger)
    #expect(try encoder.codes(Self.column(["1.0", "2", "3.00", "4"])) == [1, 2, 3, 0])
    // Words are not numbers.
    let words = try self.encoder(["01", "1"], .category)
    #expect(try words.codes(Self.column(["1", "01", "1.0"])) == [2, 1, 0])
  }

  @Test func datesAreDays() throws {
    let encoder = try encoder(["2020-01-01", "2020-01-03", "", "2020-01-11"], .date)
    let values = try encoder.values(Self.column(["1970-01-02", "2020-02-30", "soon"]))
    #expect(values[0] == 1 && values[1].isNaN && values[2].isNaN)
    #expect(encoder.edges.last.map { $0 - encoder.edges[0] } == 10)
    // The order of day and month is that of the training data.
    let american = try self.encoder(["1/2/2020", "1/31/2020"], .date)
    #expect(try american.values(Self.column(["2/1/1970"])) == [31])
    let european = try self.encoder(["1/2/2020", "31/1/2020"], .date)
    #expect(try european.values(Self.column(["2/1/1970"])) == [1])
  }

  @Test func decimalCommas() throws {
    let table = try Table(csv: "x;y\n1,5;1\n2,25;2\n0,125;3\n")
    let encoder = ColumnEncoder(
      .init(name: "x", kind: .number), fittedTo: try table.column("x"), rows: [0, 1, 2], bins: 2,
      rarest: 1)
    #expect(encoder.edges == [0.125, 1.5, 2.25])
  }

  @Test func survivesItsFile() throws {
    let encoder = try encoder(["1", "2", "5"], .number)
    let read = try JSONDecoder().decode(
      ColumnEncoder.self, from: JSONEncoder().encode(encoder))
    #expect(read == encoder && read.isPlausible(bins: 4))
    #expect(!read.isPlausible(bins: 1))
    var damaged = encoder
    damaged.edges = [2, 1]
    #expect(!damaged.isPlausible(bins: 4))
  }
}
