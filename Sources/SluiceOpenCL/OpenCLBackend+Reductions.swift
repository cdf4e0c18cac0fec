import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: SumOverSteps) throws(ComputeError) {
    let (input, output) = (operation.input, operation.output)
    try launch(
      "sum_over_steps", count: output.count,
      [
        "input": .tensor(input), "steps": .int(input.shape[0]), "batch": .int(input.shape[1]),
        "output": .tensor(output), "columns": .int(output.columns),
        "accumulate": .bool(operation.accumulate),
      ])
  }

  /// Sums runs of rows, as many as the extents say, then these in their order.
  public func execute(_ operation: ColumnSum) throws(ComputeError) {
    var input = operation.input
    // Few rows are not worth a second launch.
    if input.rows >= 2048 {
      let parts = min(64, input.rows / 128)
      let partials = try makeTensor([parts, input.columns])
      try sumColumns(input, parts: parts, into: partials)
      input = partials
    }
    try sumColumns(input, parts: 1, into: operation.output, accumulate: operation.accumulate)
  }

  private func sumColumns(
    _ input: Tensor, parts: Int, into output: Tensor, accumulate: Bool = false
  ) throws(ComputeError) {
    try launch(
      "column_sum", groups: [(input.columns + 31) / 32, parts], local: [32, 8],
      [
        "input": .tensor(input), "rows": .int(input.rows), "columns": .int(input.columns),
        "part_rows": .int((input.rows + parts - 1) / parts), "output": .tensor(output),
        "accumulate": .bool(accumulate),
      ])
  }

  public func execute(_ operation: SumOfSquares) throws(ComputeError) {
    try sumPartials(try sumsOfSquares(operation.input), into: operation.output)
  }

  /// `[parts, 1]`, to be added up.
  func sumsOfSquares(_ input: Tensor) throws(ComputeError) -> Tensor {
    let count = input.count
    let parts = (count + 4095) / 4096
    let partials = try makeTensor([parts, 1])
    try launch(
      "sum_of_squares", groups: [parts], local: [256],
      ["input": .tensor(input), "count": .int(count), "partials": .tensor(partials)])
    return partials
  }

  /// Adds `[parts, columns]` up, as precisely as in double.
  func sumPartials(_ partials: Tensor, into output: Tensor) throws(ComputeError) {
    try launch(
      "sum_partials", groups: [1, partials.columns], local: [256, 1],
      [
        "partials": .tensor(partials), "parts": .int(partials.rows),
        "columns": .int(partials.columns), "output": .tensor(output),
      ])
  }
}
