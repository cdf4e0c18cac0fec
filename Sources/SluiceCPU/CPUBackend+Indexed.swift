import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    try gather(
      operation.table, try floats(operation.table), operation.indices, operation.output,
      try floats(operation.output), "embedding index", ignoring: operation.ignoring,
      accumulate: operation.accumulate)
  }

  public func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    let table = operation.tableGradient
    try checkIndices(operation.indices, below: table.rows, "embedding index")
    let parts = 16
    let tile = ScatterTile(
      input: try rows(operation.outputGradient), indices: try integers(operation.indices),
      count: operation.indices.count, output: try floats(table), columns: table.columns, part: 0,
      parts: parts, ignored: operation.ignoring ?? -1)
    threads.run(parts) { part, _ in
      var tile = tile
      tile.part = part
      self.kernels.scatter(tile)
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
    let tile = GatherTile(
      source: sourceStart, indices: try integers(indices),
      output: FloatRows(outputStart, stride: output.rowStride), columns: output.columns,
      rows: 0..<0, ignored: ignoring ?? -1, accumulate: accumulate)
    forRows(output.rows, columns: output.columns) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.gather(tile)
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
    let tile = WindowTile(
      source: try floats(source), sourceSteps: source.shape[1], features: source.columns,
      series: try integers(operation.series), starts: starts, offset: operation.offset,
      shift: try floats(operation.shift), scale: operation.scale,
      output: try rows(operation.output), batch: batch, steps: 0..<0)
    forRows(length, columns: batch * source.columns) { steps in
      var tile = tile
      tile.steps = steps
      self.kernels.gatherWindows(tile)
    }
  }

  /// Throws `.indexOutOfRange`, naming the first index that is not in `0 ..< limit`.
  func checkIndices(_ indices: Tensor, below limit: Int, _ what: String) throws(ComputeError) {
    let start = try integers(indices)
    let position = kernels.firstOutside(start, indices.count, limit)
    if position >= 0 {
      throw ComputeError(
        .indexOutOfRange,
        "\(what) \(start[position]) at position \(position), not in 0 ..< \(limit)")
    }
  }

  // MARK: Pooling

  public func execute(_ operation: PoolForward) throws(ComputeError) {
    try checkLengths(operation.lengths, steps: operation.input.shape[0])
    let tile = PoolTile(
      kind: PoolKind(operation.pooling), input: try rows(operation.input),
      steps: operation.input.shape[0], batch: operation.input.shape[1],
      columns: operation.input.columns, lengths: try integers(operation.lengths),
      output: try rows(operation.output), winners: try integers(operation.winners), rows: 0..<0)
    forRows(tile.batch, columns: tile.columns * max(1, tile.steps)) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.pool(tile)
    }
  }

  public func execute(_ operation: PoolBackward) throws(ComputeError) {
    try checkLengths(operation.lengths, steps: operation.inputGradient.shape[0])
    let tile = PoolGradientTile(
      kind: PoolKind(operation.pooling), outputGradient: try rows(operation.outputGradient),
      steps: operation.inputGradient.shape[0], batch: operation.inputGradient.shape[1],
      columns: operation.inputGradient.columns, lengths: try integers(operation.lengths),
      winners: try integers(operation.winners), inputGradient: try rows(operation.inputGradient),
      accumulate: operation.accumulate, rows: 0..<0)
    forRows(tile.batch, columns: tile.columns * max(1, tile.steps)) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.poolGradient(tile)
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
