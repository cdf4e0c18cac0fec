import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    let (table, output) = (operation.table, operation.output)
    _ = try int(table.count)
    try launch(
      KernelName("gather", "embedding_forward"), count: output.count,
      [
        .tensor(table), .int(table.rows), .tensor(operation.indices), .rows(output),
        .int(output.columns), .int(output.count), .int(Int(operation.ignoring ?? -1)),
        .bool(operation.accumulate), .memory(fault),
      ])
  }

  public func execute(_ operation: GatherRows) throws(ComputeError) {
    let (source, output) = (operation.source, operation.output)
    _ = try int(source.count)
    try launch(
      KernelName("gather", "gather_rows"), count: output.count,
      [
        .tensor(source), .int(source.rows), .tensor(operation.rows), .rows(output),
        .int(output.columns), .int(output.count), .memory(fault),
      ])
  }

  public func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    let table = operation.tableGradient
    // Enough groups for any device. How many does not change a bit of the result.
    let parts = min(table.rows, 256)
    try launch(
      KernelName("gather", "scatter_rows"), groups: [parts], local: [128],
      [
        .rows(operation.outputGradient), .tensor(operation.indices),
        .int(operation.indices.count), .tensor(table), .int(table.rows), .int(table.columns),
        .int(parts), .int(Int(operation.ignoring ?? -1)), .memory(fault),
      ])
  }

  public func execute(_ operation: GatherWindows) throws(ComputeError) {
    let (source, output) = (operation.source, operation.output)
    try launch(
      KernelName("gather", "gather_windows"), count: output.count,
      [
        .tensor(source), .int(source.shape[0]), .int(source.shape[1]), .int(source.columns),
        .tensor(operation.series), .tensor(operation.starts), .int(operation.offset),
        .tensor(operation.shift), .float(operation.scale), .rows(output), .int(output.shape[0]),
        .int(output.shape[1]), .memory(fault),
      ])
  }

  // MARK: Pooling

  public func execute(_ operation: PoolForward) throws(ComputeError) {
    let input = operation.input
    try launch(
      KernelName("pooling", "pool_forward"), count: operation.output.count,
      [
        .int(operation.pooling.code), .rows(input), .int(input.shape[0]), .int(input.shape[1]),
        .tensor(operation.lengths), .rows(operation.output), .int(input.columns),
        .tensor(operation.winners), .memory(fault),
      ])
  }

  public func execute(_ operation: PoolBackward) throws(ComputeError) {
    let gradient = operation.inputGradient
    try launch(
      KernelName("pooling", "pool_backward"), count: operation.outputGradient.count,
      [
        .int(operation.pooling.code), .rows(operation.outputGradient), .int(gradient.shape[0]),
        .int(gradient.shape[1]), .tensor(operation.lengths), .tensor(operation.winners),
        .rows(gradient), .int(gradient.columns), .bool(operation.accumulate), .memory(fault),
      ])
  }
}

extension Pooling {
  /// As pooling.cl numbers them.
  fileprivate var code: Int {
    switch self {
    case .max: 0
    case .mean: 1
    case .last: 2
    case .first: 3
    }
  }
}
