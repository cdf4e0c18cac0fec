import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let d = operation.descriptor
    try checkLengths(operation.lengths, steps: d.steps)
    let stateStride = RecurrentForwardTile.stateStride(hidden: d.hiddenSize)
    let states = try scratch(2 * d.batch * stateStride)
    let mask = try scratch(operation.dropout == nil ? 0 : d.batch * d.hiddenSize)
    if let dropout = operation.dropout { makeMask(dropout, d, mask.floats) }
    let scratchCount = RecurrentBackwardTile.scratchCount(hidden: d.hiddenSize)
    let workspace = try scratch(threads.count * scratchCount)
    var tile = RecurrentBackwardTile(
      steps: d.steps, batch: d.batch, hidden: d.hiddenSize, rows: 0..<0,
      reverse: d.direction == .reverse, panels: nil, stepRange: 0..<d.steps,
      needsInitialGradient: operation.initialGradient != nil,
      gates: try floats(operation.gates), cells: try floats(operation.cells),
      hiddenGradient: states.floats, cellGradient: states.floats + d.batch * stateStride,
      scratch: workspace.floats)
    tile.lengths = try integers(operation.lengths)
    tile.initialCell = try floats(operation.initial?.cell)
    tile.mask = operation.dropout == nil ? nil : mask.floats
    tile.outputGradient = try rows(operation.outputGradient)
    loadGradient(
      tile, hidden: try floats(operation.finalGradient?.hidden),
      cell: try floats(operation.finalGradient?.cell))

    let packed = try scratch(packedCount(depth: 4 * d.hiddenSize, columns: d.hiddenSize))
    pack(
      StridedMatrix(try rows(operation.weights.hidden)), depth: 4 * d.hiddenSize,
      columns: d.hiddenSize, into: packed.floats)
    switch try plan(for: d).strategy {
    case .persistent: backwardPersistent(tile, packed.floats, scratchCount)
    case .stepwise: try backwardStepwise(tile, packed.floats, scratchCount)
    }
    if let gradient = operation.initialGradient {
      let hidden = try floats(gradient.hidden)
      let cell = try floats(gradient.cell)
      for (from, to) in [(tile.hiddenGradient, hidden), (tile.cellGradient, cell)] {
        kernels.copy(
          CopyTile(
            input: FloatRows(from, stride: stateStride), inputRows: d.batch,
            output: FloatRows(to, stride: d.hiddenSize), columns: d.hiddenSize,
            rows: 0..<d.batch, accumulate: false))
      }
    }
    try weightGradients(operation, tile)
    try inputGradient(operation, tile)
  }

  private func loadGradient(_ tile: RecurrentBackwardTile, hidden: Floats?, cell: Floats?) {
    let stride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
    for (state, given) in [(tile.hiddenGradient, hidden), (tile.cellGradient, cell)] {
      let rows = FloatRows(state, stride: stride)
      kernels.fill(FillTile(output: rows, columns: stride, rows: 0..<tile.batch, value: 0))
      guard let given else { continue }
      kernels.copy(
        CopyTile(
          input: FloatRows(given, stride: tile.hidden), inputRows: tile.batch, output: rows,
          columns: tile.hidden, rows: 0..<tile.batch, accumulate: false))
    }
  }

  private func backwardPersistent(
    _ tile: RecurrentBackwardTile, _ packed: Floats, _ scratchCount: Int
  ) {
    let size = Self.tileRows(batch: tile.batch)
    threads.run((tile.batch + size - 1) / size) { index, thread in
      var tile = tile
      tile.panels = packed
      tile.rows = index * size..<min(tile.batch, (index + 1) * size)
      tile.scratch += thread * scratchCount
      self.kernels.recurrentBackward(tile)
    }
  }

  private func backwardStepwise(
    _ tile: RecurrentBackwardTile, _ packed: Floats, _ scratchCount: Int
  ) throws(ComputeError) {
    let width = 4 * tile.hidden
    let stride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
    for s in 0..<tile.steps {
      let t = tile.reverse ? s : tile.steps - 1 - s
      let size = max(1, 4096 / tile.hidden)
      threads.run((tile.batch + size - 1) / size) { index, thread in
        var tile = tile
        tile.rows = index * size..<min(tile.batch, (index + 1) * size)
        tile.stepRange = s..<s + 1
        tile.scratch += thread * scratchCount
        self.kernels.recurrentBackward(tile)
      }
      guard s < tile.steps - 1 || tile.needsInitialGradient else { continue }
      try product(
        rows: tile.batch, columns: tile.hidden, depth: width,
        StridedMatrix(FloatRows(tile.gates + t * tile.batch * width, stride: width)),
        packed: packed, into: FloatRows(tile.hiddenGradient, stride: stride),
        ProductEpilogue(accumulate: true))
      if tile.mask != nil {
        var whole = tile
        whole.rows = 0..<tile.batch
        kernels.maskHiddenGradient(whole, t)
      }
    }
  }

  // MARK: After the recurrence

  /// One product over all steps for each weight matrix, one column sum for the biases.
  private func weightGradients(_ operation: RecurrentBackward, _ tile: RecurrentBackwardTile)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    let rowCount = d.steps * d.batch
    let gates = FloatRows(tile.gates, stride: width)
    let gradients = operation.weightGradients
    try columnSum(
      gates, rows: rowCount, columns: width,
      into: [try floats(gradients.inputBias), try floats(gradients.hiddenBias)], accumulate: true)
    let inputRule = tile.lengths.map { RowRule(batch: d.batch, lengths: $0) }
    try product(
      rows: width, columns: d.inputSize, depth: rowCount, StridedMatrix(gates, transposed: true),
      StridedMatrix(try rows(operation.input)), into: try rows(gradients.input),
      ProductEpilogue(accumulate: true), rule: inputRule)

    // The state that a step came from is the output one step before it in the direction of reading.
    let maskRule = tile.mask.map { RowRule(batch: d.batch, mask: $0) }
    let hiddenGradient = try rows(gradients.hidden)
    if d.steps > 1 {
      let output = try rows(operation.output)
      let later = FloatRows(tile.gates + d.batch * width, stride: width)
      let laterOutput = FloatRows(output.start + d.batch * output.stride, stride: output.stride)
      try product(
        rows: width, columns: d.hiddenSize, depth: rowCount - d.batch,
        StridedMatrix(tile.reverse ? gates : later, transposed: true),
        StridedMatrix(tile.reverse ? laterOutput : output), into: hiddenGradient,
        ProductEpilogue(accumulate: true), rule: maskRule)
    }
    guard let initial = try floats(operation.initial?.hidden) else { return }
    let starts = try scratch(d.batch * width)
    for n in 0..<d.batch {
      let length = tile.lengths.map { Int($0[n]) } ?? d.steps
      let first = tile.reverse ? max(0, length - 1) : 0
      (starts.floats + n * width).update(
        from: tile.gates + (first * d.batch + n) * width, count: width)
    }
    try product(
      rows: width, columns: d.hiddenSize, depth: d.batch,
      StridedMatrix(FloatRows(starts.floats, stride: width), transposed: true),
      StridedMatrix(FloatRows(initial, stride: d.hiddenSize)), into: hiddenGradient,
      ProductEpilogue(accumulate: true), rule: maskRule)
  }

  private func inputGradient(_ operation: RecurrentBackward, _ tile: RecurrentBackwardTile)
    throws(ComputeError)
  {
    guard let gradient = operation.inputGradient else { return }
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    try product(
      rows: d.steps * d.batch, columns: d.inputSize, depth: width,
      StridedMatrix(FloatRows(tile.gates, stride: width)),
      StridedMatrix(try rows(operation.weights.input)), into: try rows(gradient),
      ProductEpilogue(accumulate: operation.accumulateInputGradient))
  }
}
