import SluiceCPUInterface
import Testing

@testable import SluiceCPU

@Suite struct RowEndTests {
  private static let stride = 64
  private static let rows = 3

  /// Kernels store what exists of a row, and nothing behind it: there another tile may be at work.
  @Test(arguments: InstructionSet.available)
  func nothingIsWrittenBehindARow(_ set: InstructionSet) {
    let kernels = set.kernels
    for columns in 1...40 {
      #expect(
        written(columns, { _ in 7 }) {
          kernels.fill($1, columns: columns, rows: 0..<3, with: 7)
        })
      #expect(
        written(columns, { $0 }) {
          kernels.copy($0, inputRows: 3, into: $1, columns: columns, rows: 0..<3, accumulate: false)
        })
      #expect(
        written(columns, { $0 - 1 }) {
          kernels.copy($0, inputRows: 3, into: $1, columns: columns, rows: 0..<3, accumulate: true)
        })
      #expect(
        written(columns, { $0 }) {
          kernels.activate(.relu, $0, into: $1, columns: columns, rows: 0..<3)
        })
    }
  }

  /// Whether `body`, given rows that count up from 1 and rows of −1, leaves in the latter what
  /// `expected` says of the former, and −1 behind their columns.
  private func written(
    _ columns: Int, _ expected: (Float) -> Float, _ body: (FloatRows, FloatRows) -> Void
  ) -> Bool {
    let count = Self.rows * Self.stride
    var input = (0..<count + CPUMemory.readAhead).map { Float($0 + 1) }
    var output = [Float](repeating: -1, count: count + CPUMemory.readAhead)
    input.withUnsafeMutableBufferPointer { from in
      output.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        body(FloatRows(from, stride: Self.stride), FloatRows(to, stride: Self.stride))
      }
    }
    return output.indices.allSatisfy { i in
      let isColumn = i < count && i % Self.stride < columns
      return output[i] == (isColumn ? expected(input[i]) : -1)
    }
  }
}
