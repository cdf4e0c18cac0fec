import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    let (table, output) = (operation.table, operation.output)
    _ = try int(table.count)
    try launch(
      "embedding_forward", count: output.count,
      [
        "table": .tensor(table), "limit": .int(table.rows), "indices": .tensor(operation.indices),
        "output": .tensor(output), "columns": .int(output.columns), "count": .int(output.count),
        "ignored": .int(Int(operation.ignoring ?? -1)), "accumulate": .bool(operation.accumulate),
      ] + dropArguments(operation.dropout, over: output.count))
  }

  public func execute(_ operation: GatherRows) throws(ComputeError) {
    let (source, output) = (operation.source, operation.output)
    _ = try int(source.count)
    try launch(
      "gather_rows", count: output.count,
      [
        "source": .tensor(source), "limit": .int(source.rows), "indices": .tensor(operation.rows),
        "output": .tensor(output), "columns": .int(output.columns), "count": .int(output.count),
      ])
  }

  public func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    let table = operation.tableGradient
    // Enough groups for any device, a power of two. How many does not change a bit of the result.
    let parts = sequence(first: 256) { $0 / 2 }.first { $0 <= max(1, table.rows) } ?? 1
    try launch(
      "scatter_rows", groups: [parts], local: [128],
      [
        "d_output": .tensor(operation.outputGradient), "indices": .tensor(operation.indices),
        "rows": .int(operation.indices.count), "d_table": .tensor(table),
        "limit": .int(table.rows), "columns": .int(table.columns), "parts": .int(parts),
        "ignored": .int(Int(operation.ignoring ?? -1)),
      ])
  }

  public func execute(_ operation: GatherWindows) throws(ComputeError) {
    let (source, output) = (operation.source, operation.output)
    try launch(
      "gather_windows", count: output.count,
      [
        "source": .tensor(source), "series_limit": .int(source.shape[0]),
        "source_steps": .int(source.shape[1]), "features": .int(source.columns),
        "series": .tensor(operation.series), "starts": .tensor(operation.starts),
        "offset": .int(operation.offset), "shift": .tensor(operation.shift),
        "scale": .float(operation.scale), "output": .tensor(output),
        "steps": .int(output.shape[0]), "batch": .int(output.shape[1]),
      ])
  }

  public func execute(_ operation: GatherSequences) throws(ComputeError) {
    let output = operation.output
    let dropout = operation.dropout
    try launch(
      "gather_sequences", count: (output.count + 3) / 4,
      [
        "source": .tensor(operation.source), "total": .int(operation.source.count),
        "offsets": .tensor(operation.offsets), "count": .int(operation.offsets.count - 1),
        "documents": .tensor(operation.documents), "output": .tensor(output),
        "lengths": .tensor(operation.lengths), "steps": .int(output.shape[0]),
        "batch": .int(output.shape[1]), "padding": .int(Int(operation.padding)),
        "replacement": .int(Int(dropout?.replacement ?? 0)),
        "threshold": .uint(dropout.map { Dropout.threshold(rate: $0.rate) } ?? 0),
      ] + streamArguments(dropout?.stream ?? RandomStream(seed: 0, stream: 0)))
  }

  // MARK: Pooling

  public func execute(_ operation: PoolForward) throws(ComputeError) {
    let input = operation.input
    try launch(
      "pool_forward", count: operation.output.count,
      [
        "parts": .tensor(try table(operation.parts)), "part_count": .int(operation.parts.count),
        "input": .tensor(input),
        "steps": .int(input.shape[0]), "batch": .int(input.shape[1]),
        "lengths": .tensor(operation.lengths), "output": .tensor(operation.output),
        "columns": .int(operation.output.columns), "winners": .tensor(operation.winners),
        "C": .int(input.columns),
      ] + dropArguments(operation.dropout, over: input.count))
  }

  public func execute(_ operation: PoolBackward) throws(ComputeError) {
    let gradient = operation.inputGradient
    try launch(
      "pool_backward", count: gradient.shape[1] * gradient.columns,
      [
        "parts": .tensor(try table(operation.parts)), "part_count": .int(operation.parts.count),
        "d_output": .tensor(operation.outputGradient),
        "steps": .int(gradient.shape[0]), "batch": .int(gradient.shape[1]),
        "lengths": .tensor(operation.lengths), "winners": .tensor(operation.winners),
        "d_input": .tensor(gradient), "columns": .int(gradient.columns),
        "accumulate": .bool(operation.accumulate),
      ] + dropArguments(operation.dropout, over: gradient.count))
  }
}

extension OpenCLBackend {
  /// The parts as pooling.cl takes them, each with where its results begin.
  private func table(_ parts: [PoolPart]) throws(ComputeError) -> Tensor {
    var words: [UInt32] = []
    var begin = 0
    for part in parts {
      for value in [part.pooling.code, part.columns.lowerBound, begin, part.columns.count] {
        words.append(UInt32(bitPattern: try int(value)))
      }
      begin += part.columns.count
    }
    return try constant(words)
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
