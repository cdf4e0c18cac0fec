import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    try checkLengths(operation.lengths, steps: d.steps)
    let mask = try scratch(operation.dropout == nil ? 0 : d.batch * d.hiddenSize)
    if let dropout = operation.dropout { makeMask(dropout, d, mask.floats) }
    let packed = try scratch(
      kernels.gatePanels(d.hiddenSize) * kernels.panelWidth * (d.hiddenSize + d.inputSize))
    packGates(
      d, operation.weights, try floats(operation.weights.hidden),
      try floats(operation.weights.input), into: packed.floats)

    let cells = try scratch(d.batch * RecurrentExtent.stride(d.hiddenSize))
    let size = forwardRows(d)
    let scratchCount = RecurrentForwardTile.scratchCount(
      rows: size, input: d.inputSize, hidden: d.hiddenSize)
    let workspace = try scratch(threads.count * scratchCount)
    var tile = RecurrentForwardTile(
      steps: d.steps, batch: d.batch, input: d.inputSize, hidden: d.hiddenSize,
      reverse: d.direction == .reverse, panels: packed.floats,
      inputBias: try floats(operation.weights.inputBias),
      hiddenBias: try floats(operation.weights.hiddenBias), inputs: try rows(operation.input),
      output: try rows(operation.output), cellState: cells.floats, scratch: workspace.floats)
    tile.gates = try floats(operation.gates)
    tile.lengths = try integers(operation.lengths)
    tile.initialHidden = try floats(operation.initial?.hidden)
    tile.initialCell = try floats(operation.initial?.cell)
    tile.mask = operation.dropout == nil ? nil : mask.floats
    tile.cells = try floats(operation.cells)
    let prepared = tile
    threads.run((d.batch + size - 1) / size) { index, thread in
      var tile = prepared
      tile.rows = index * size..<min(d.batch, (index + 1) * size)
      tile.scratch += thread * scratchCount
      self.kernels.recurrentForward(tile)
    }
    if let final = operation.final {
      saveState(tile, hidden: try floats(final.hidden), cell: try floats(final.cell))
    }
  }

  private func packGates(
    _ d: RecurrentDescriptor, _ weights: RecurrentWeights, _ hidden: Floats, _ input: Floats,
    into destination: Floats
  ) {
    let tile = GatePackTile(
      hiddenWeights: hidden, inputWeights: input, hidden: d.hiddenSize, input: d.inputSize,
      destination: destination, panels: 0..<0)
    let width = kernels.panelWidth * (d.hiddenSize + d.inputSize)
    forRows(kernels.gatePanels(d.hiddenSize), columns: width) { panels in
      var tile = tile
      tile.panels = panels
      self.kernels.packGates(tile)
    }
  }

  /// Batch rows that a thread takes through all steps at once. What a row computes does not depend
  /// on its neighbours, so the number of threads may have its say.
  private func forwardRows(_ d: RecurrentDescriptor) -> Int {
    let most = weightsFitCache(d) ? 32 : 64
    let share = (d.batch + threads.count - 1) / threads.count
    return max(8, min(most, (share + 7) / 8 * 8))
  }

  /// The scaled mask `[N, H]` of the recurrent dropout.
  func makeMask(_ dropout: RecurrentDropout, _ d: RecurrentDescriptor, _ mask: Floats) {
    let rows = FloatRows(mask, stride: d.hiddenSize)
    kernels.fill(FillTile(output: rows, columns: d.hiddenSize, rows: 0..<d.batch, value: 1))
    self.dropout(
      rows, rows, rows: d.batch, columns: d.hiddenSize, rate: dropout.rate,
      stream: dropout.stream, period: d.batch * d.hiddenSize, accumulate: false)
  }

  /// The state after each row's last step in the direction of reading.
  private func saveState(_ tile: RecurrentForwardTile, hidden: Floats, cell: Floats) {
    let stride = RecurrentExtent.stride(tile.hidden)
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
