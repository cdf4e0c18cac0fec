import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: SumOverSteps) throws(ComputeError) {
    let (steps, batch) = (operation.input.shape[0], operation.input.shape[1])
    let (input, output) = (try rows(operation.input), try rows(operation.output))
    let columns = operation.output.columns
    forRows(batch, columns: columns * max(1, steps)) { rows in
      self.kernels.sumOverSteps(
        input, steps: steps, batch: batch, into: output, columns: columns, rows: rows,
        accumulate: operation.accumulate)
    }
  }

  public func execute(_ operation: ColumnSum) throws(ComputeError) {
    try columnSum(
      try rows(operation.input), rows: operation.input.rows, columns: operation.input.columns,
      into: [try floats(operation.output)], accumulate: operation.accumulate)
  }

  /// Column sums of `[rows, columns]` into each of `outputs`: a fixed number of runs of rows, then
  /// these in their order.
  func columnSum(
    _ input: FloatRows, rows: Int, columns: Int, into outputs: [Floats], accumulate: Bool
  ) throws(ComputeError) {
    let parts = max(1, min(16, rows * columns / 32768))
    let partials = try scratch(parts * columns)
    let start = partials.floats
    let size = (rows + parts - 1) / parts
    threads.run(parts) { part, _ in
      self.kernels.columnSum(
        input, rows: min(rows, part * size)..<min(rows, (part + 1) * size), columns: columns,
        into: start + part * columns, accumulate: false)
    }
    for output in outputs {
      kernels.columnSum(
        FloatRows(start, stride: columns), rows: 0..<parts, columns: columns, into: output,
        accumulate: accumulate)
    }
  }

  public func execute(_ operation: SumOfSquares) throws(ComputeError) {
    let input = try floats(operation.input)
    let output = try floats(operation.output)
    let count = operation.input.count
    let size = 16384
    let parts = (count + size - 1) / size
    let partials = try scratch(2 * parts)
    let sums = UnsafeMutableRawPointer(partials.floats).assumingMemoryBound(to: Double.self)
    threads.run(parts) { part, _ in
      let begin = part * size
      sums[part] = self.kernels.sumOfSquares(input + begin, min(size, count - begin))
    }
    var total = 0.0
    for part in 0..<parts { total += sums[part] }
    output[0] = Float(total)
  }
}
