import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    try checkLengths(operation.lengths, steps: d.steps)
    let width = 4 * d.hiddenSize
    let rowCount = d.steps * d.batch
    // Without training nobody keeps the gates: they live for the time of the operation.
    let gatesScratch = try scratch(operation.gates == nil ? rowCount * width : 0)
    let gates = try floats(operation.gates) ?? gatesScratch.floats
    try inputProduct(operation, into: FloatRows(gates, stride: width))

    let stateStride = RecurrentForwardTile.stateStride(hidden: d.hiddenSize)
    let states = try scratch(2 * d.batch * stateStride)
    let mask = try scratch(operation.dropout == nil ? 0 : d.batch * d.hiddenSize)
    if let dropout = operation.dropout { makeMask(dropout, d, mask.floats) }
    var tile = RecurrentForwardTile(
      steps: d.steps, batch: d.batch, hidden: d.hiddenSize, rows: 0..<0,
      reverse: d.direction == .reverse, panels: nil, stepRange: 0..<d.steps, gates: gates,
      output: try rows(operation.output), hiddenState: states.floats,
      cellState: states.floats + d.batch * stateStride)
    tile.lengths = try integers(operation.lengths)
    tile.initialHidden = try floats(operation.initial?.hidden)
    tile.initialCell = try floats(operation.initial?.cell)
    tile.mask = operation.dropout == nil ? nil : mask.floats
    tile.cells = try floats(operation.cells)
    try loadState(tile)

    let packed = try scratch(packedCount(depth: d.hiddenSize, columns: width))
    pack(
      StridedMatrix(try rows(operation.weights.hidden), transposed: true), depth: d.hiddenSize,
      columns: width, into: packed.floats)
    switch try plan(for: d).strategy {
    case .persistent: forwardPersistent(tile, packed.floats)
    case .stepwise: try forwardStepwise(tile, packed.floats)
    }
    if let final = operation.final {
      saveState(tile, hidden: try floats(final.hidden), cell: try floats(final.cell))
    }
  }

  /// gates = X · W_ihᵀ + b_ih + b_hh, for all steps at once.
  private func inputProduct(_ operation: RecurrentForward, into gates: FloatRows)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    let bias = try scratch(width)
    let inputBias = try floats(operation.weights.inputBias)
    let hiddenBias = try floats(operation.weights.hiddenBias)
    for j in 0..<width { bias.floats[j] = inputBias[j] + hiddenBias[j] }
    try product(
      rows: d.steps * d.batch, columns: width, depth: d.inputSize,
      StridedMatrix(try rows(operation.input)),
      StridedMatrix(try rows(operation.weights.input), transposed: true), into: gates,
      ProductEpilogue(bias: bias.floats))
  }

  /// The scaled mask `[N, H]` of the recurrent dropout.
  func makeMask(_ dropout: RecurrentDropout, _ d: RecurrentDescriptor, _ mask: Floats) {
    let rows = FloatRows(mask, stride: d.hiddenSize)
    kernels.fill(FillTile(output: rows, columns: d.hiddenSize, rows: 0..<d.batch, value: 1))
    self.dropout(
      rows, rows, rows: d.batch, columns: d.hiddenSize, rate: dropout.rate,
      stream: dropout.stream, period: d.batch * d.hiddenSize, accumulate: false)
  }

  private func loadState(_ tile: RecurrentForwardTile) throws(ComputeError) {
    let stride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
    for (state, initial) in [
      (tile.hiddenState, tile.initialHidden), (tile.cellState, tile.initialCell),
    ] {
      let rows = FloatRows(state, stride: stride)
      kernels.fill(FillTile(output: rows, columns: stride, rows: 0..<tile.batch, value: 0))
      guard let initial else { continue }
      kernels.copy(
        CopyTile(
          input: FloatRows(initial, stride: tile.hidden), inputRows: tile.batch, output: rows,
          columns: tile.hidden, rows: 0..<tile.batch, accumulate: false))
    }
    guard let mask = tile.mask, tile.initialHidden != nil else { return }
    for n in 0..<tile.batch {
      for j in 0..<tile.hidden { tile.hiddenState[n * stride + j] *= mask[n * tile.hidden + j] }
    }
  }

  private func forwardPersistent(_ tile: RecurrentForwardTile, _ packed: Floats) {
    let size = Self.tileRows(batch: tile.batch)
    threads.run((tile.batch + size - 1) / size) { index, _ in
      var tile = tile
      tile.panels = packed
      tile.rows = index * size..<min(tile.batch, (index + 1) * size)
      self.kernels.recurrentForward(tile)
    }
  }

  private func forwardStepwise(_ tile: RecurrentForwardTile, _ packed: Floats)
    throws(ComputeError)
  {
    let width = 4 * tile.hidden
    let stride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
    let state = StridedMatrix(FloatRows(tile.hiddenState, stride: stride))
    for s in 0..<tile.steps {
      let t = tile.reverse ? tile.steps - 1 - s : s
      if s > 0 || tile.initialHidden != nil {
        try product(
          rows: tile.batch, columns: width, depth: tile.hidden, state, packed: packed,
          into: FloatRows(tile.gates + t * tile.batch * width, stride: width),
          ProductEpilogue(accumulate: true))
      }
      forRows(tile.batch, columns: tile.hidden, elements: 4096) { rows in
        var tile = tile
        tile.rows = rows
        tile.stepRange = s..<s + 1
        self.kernels.recurrentForward(tile)
      }
    }
  }

  /// The state after each row's last step in the direction of reading.
  private func saveState(_ tile: RecurrentForwardTile, hidden: Floats, cell: Floats) {
    let stride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
    for n in 0..<tile.batch {
      let length = tile.lengths.map { Int($0[n]) } ?? tile.steps
      let target = hidden + n * tile.hidden
      if length > 0 {
        let row = (tile.reverse ? 0 : length - 1) * tile.batch + n
        target.update(from: tile.output.start + row * tile.output.stride, count: tile.hidden)
      } else if let initial = tile.initialHidden {
        target.update(from: initial + n * tile.hidden, count: tile.hidden)
      } else {
        target.update(repeating: 0, count: tile.hidden)
      }
      (cell + n * tile.hidden).update(from: tile.cellState + n * stride, count: tile.hidden)
    }
  }
}
