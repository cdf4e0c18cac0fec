import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: SumOverSteps) throws(ComputeError) {
    let (input, output) = (operation.input, operation.output)
    try launch(
      KernelName("reductions", "sum_over_steps"), count: output.count,
      [
        .rows(input), .int(input.shape[0]), .int(input.shape[1]), .rows(output),
        .int(output.columns), .bool(operation.accumulate),
      ])
  }

  public func execute(_ operation: ColumnSum) throws(ComputeError) {
    let input = operation.input
    try columnSum(
      .rows(input), rows: input.rows, columns: input.columns, into: operation.output, nil,
      accumulate: operation.accumulate)
  }

  /// Column sums of `[rows, columns]` into one or two outputs: runs of rows, as many as the extents
  /// say, then these in their order.
  func columnSum(
    _ input: KernelArgument, rows: Int, columns: Int, into output: Tensor, _ second: Tensor?,
    accumulate: Bool
  ) throws(ComputeError) {
    // Few rows are not worth a second launch.
    let parts = rows < 2048 ? 1 : min(64, rows / 128)
    let partRows = (rows + parts - 1) / parts
    let name = KernelName("reductions", "column_sum")
    let columnGroups = (columns + 31) / 32
    guard parts > 1 else {
      return try launch(
        name, groups: [columnGroups, 1], local: [32, 8],
        [
          input, .int(rows), .int(columns), .int(partRows), .tensor(output), .tensor(second),
          .bool(accumulate),
        ])
    }
    let partials = try pool.take(parts * columns)
    try launch(
      name, groups: [columnGroups, parts], local: [32, 8],
      [
        input, .int(rows), .int(columns), .int(partRows), .part(partials, 0), .tensor(nil),
        .bool(false),
      ])
    try launch(
      name, groups: [columnGroups, 1], local: [32, 8],
      [
        .part(partials, 0), .int(columns), .int(parts), .int(columns), .int(parts),
        .tensor(output), .tensor(second), .bool(accumulate),
      ])
  }

  public func execute(_ operation: SumOfSquares) throws(ComputeError) {
    let count = operation.input.count
    let parts = (count + 4095) / 4096
    let partials = try pool.take(parts)
    if parts > 0 {
      try launch(
        KernelName("reductions", "sum_of_squares"), groups: [parts], local: [256],
        [.tensor(operation.input), .int(count), .memory(partials)])
    }
    try sumPartials(partials, parts: parts, columns: 1, into: operation.output)
  }

  /// Adds `[parts, columns]` up, as precisely as in double.
  func sumPartials(_ partials: DeviceMemory, parts: Int, columns: Int, into output: Tensor)
    throws(ComputeError)
  {
    try launch(
      KernelName("reductions", "sum_partials"), groups: [1, columns], local: [256, 1],
      [.memory(partials), .int(parts), .int(columns), .tensor(output)])
  }
}
