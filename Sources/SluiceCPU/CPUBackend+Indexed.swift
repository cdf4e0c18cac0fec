import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    try gather(
      operation.table, try floats(operation.table), operation.indices, operation.output,
      try floats(operation.output), "embedding index", ignoring: operation.ignoring,
      accumulate: operation.accumulate)
  }

  public func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    let table = operation.tableGradient
    try checkIndices(operation.indices, below: table.rows, "embedding index")
    scatter(
      try rows(operation.outputGradient), try integers(operation.indices),
      count: operation.indices.count, ignoring: operation.ignoring, into: try floats(table),
      columns: table.columns)
  }

  /// `output[indices[r]] += input[r]`, in the order of r.
  func scatter(
    _ input: FloatRows, _ indices: Integers, count: Int, ignoring: Int32?, into output: Floats,
    columns: Int
  ) {
    let parts = 16
    threads.run(parts) { part, _ in
      self.kernels.scatter(
        input, indices: indices, count: count, into: output, columns: columns, part: part,
        of: parts, ignoring: ignoring ?? -1)
    }
  }

  public func execute(_ operation: GatherRows) throws(ComputeError) {
    try gather(
      operation.source, try anyElements(operation.source), operation.rows, operation.output,
      try anyElements(operation.output), "row")
  }

  private func gather(
    _ source: Tensor, _ sourceStart: Floats, _ indices: Tensor, _ output: Tensor,
    _ outputStart: Floats, _ what: String, ignoring: Int32? = nil, accumulate: Bool = false
  ) throws(ComputeError) {
    try checkIndices(indices, below: source.rows, what)
    gather(
      sourceStart, try integers(indices), count: output.rows, ignoring: ignoring,
      into: FloatRows(outputStart, stride: output.rowStride), columns: output.columns,
      accumulate: accumulate)
  }

  /// `output[r] = source[indices[r]]`, or added to it.
  func gather(
    _ source: Floats, _ indices: Integers, count: Int, ignoring: Int32?, into output: FloatRows,
    columns: Int, accumulate: Bool = false
  ) {
    forRows(count, columns: columns) { rows in
      self.kernels.gather(
        source, indices: indices, into: output, columns: columns, rows: rows,
        ignoring: ignoring ?? -1, accumulate: accumulate)
    }
  }

  public func execute(_ operation: GatherWindows) throws(ComputeError) {
    let source = operation.source
    let batch = operation.output.shape[1]
    let length = operation.output.shape[0]
    if let series = operation.series { try checkIndices(series, below: source.shape[0], "series") }
    let starts = try integers(operation.starts)
    for n in 0..<batch {
      let first = Int(starts[n]) + operation.offset
      if first < 0 || first + length > source.shape[1] {
        throw ComputeError(
          .indexOutOfRange,
          "window \(n) covers steps \(first) ..< \(first + length) of a series of \(source.shape[1])"
        )
      }
    }
    let (from, to) = (try floats(source), try rows(operation.output))
    let (series, shift) = (try integers(operation.series), try floats(operation.shift))
    forRows(length, columns: batch * source.columns) { steps in
      self.kernels.gatherWindows(
        from, sourceSteps: source.shape[1], features: source.columns, series: series,
        starts: starts, offset: operation.offset, shift: shift, scale: operation.scale, into: to,
        batch: batch, steps: steps)
    }
  }

  /// Throws `.indexOutOfRange`, naming the first index that is not in `0 ..< limit`.
  func checkIndices(_ indices: Tensor, below limit: Int, _ what: String) throws(ComputeError) {
    let start = try integers(indices)
    let position = kernels.firstOutside(start, indices.count, below: limit)
    if position >= 0 {
      throw ComputeError(
        .indexOutOfRange,
        "\(what) \(start[position]) at position \(position), not in 0 ..< \(limit)")
    }
  }

  // MARK: Pooling

  public func execute(_ operation: PoolForward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    try checkLengths(operation.lengths, steps: operation.input.shape[0])
    let (steps, batch) = (operation.input.shape[0], operation.input.shape[1])
    let lengths = try integers(operation.lengths)
    for block in PooledBlock.blocks(
      operation.parts, sequence: operation.input, pooled: operation.output,
      winners: operation.winners)
    {
      let columns = block.pooled.columns
      let (input, output) = (try rows(block.sequence), try rows(block.pooled))
      let winners = try integers(block.winners)
      forRows(batch, columns: columns * max(1, steps)) { rows in
        self.kernels.pool(
          PoolKind(block.pooling), input, steps: steps, batch: batch, columns: columns,
          lengths: lengths, into: output, winners: winners, rows: rows)
      }
    }
  }

  public func execute(_ operation: PoolBackward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    try checkLengths(operation.lengths, steps: operation.inputGradient.shape[0])
    let gradient = operation.inputGradient
    let (steps, batch) = (gradient.shape[0], gradient.shape[1])
    let lengths = try integers(operation.lengths)
    // The last part may write what is not there yet, if it covers every column.
    var accumulate = operation.accumulate
    if !accumulate, operation.parts.last?.columns != 0..<gradient.columns {
      try execute(Fill(gradient, with: 0))
      accumulate = true
    }
    for block in PooledBlock.blocks(
      operation.parts, sequence: gradient, pooled: operation.outputGradient,
      winners: operation.winners
    ).reversed() {
      let columns = block.pooled.columns
      let (from, to) = (try rows(block.pooled), try rows(block.sequence))
      let winners = try integers(block.winners)
      forRows(batch, columns: columns * max(1, steps)) { [accumulate] rows in
        self.kernels.poolGradient(
          PoolKind(block.pooling), outputGradient: from, steps: steps, batch: batch,
          columns: columns, lengths: lengths, winners: winners, into: to, rows: rows,
          accumulate: accumulate)
      }
      accumulate = true
    }
  }

  /// Throws `.indexOutOfRange` for a length that is not in `0 ... steps`.
  func checkLengths(_ lengths: Tensor?, steps: Int) throws(ComputeError) {
    guard let lengths else { return }
    try checkIndices(lengths, below: steps + 1, "length")
  }
}

extension PoolKind {
  fileprivate init(_ pooling: Pooling) {
    switch pooling {
    case .max: self = .max
    case .mean: self = .mean
    case .last: self = .last
    case .first: self = .first
    }
  }
}
