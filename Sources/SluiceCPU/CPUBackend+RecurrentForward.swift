import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    try checkLengths(operation.lengths, steps: d.steps)
    guard let tokens = operation.tokens else {
      return try forward(operation, d, inputs: try rows(operation.input))
    }
    let places = try TokenPlaces(tokens, d, operation.lengths, on: self)
    let projection = try project(places, operation)
    var inner = d
    inner.inputSize = 0
    try forward(
      operation, inner, inputs: FloatRows(try floats(operation.input), stride: 0),
      bias: projection.floats, biasRows: places.rowOf)
  }

  /// - Parameters:
  ///   - d: the operation's descriptor, C = 0 where the input is in the bias.
  ///   - bias: see ``RecurrentForwardTile/bias``; that of the weights where nil.
  private func forward(
    _ operation: RecurrentForward, _ d: RecurrentDescriptor, inputs: FloatRows,
    bias: Floats? = nil, biasRows: Integers? = nil
  ) throws(ComputeError) {
    let mask = try scratch(operation.dropout == nil ? 0 : d.batch * d.hiddenSize)
    if let dropout = operation.dropout { makeMask(dropout, d, mask.floats) }
    let packed = try scratch(
      kernels.gatePanels(d.hiddenSize) * kernels.panelWidth * (d.hiddenSize + d.inputSize))
    packGates(
      d, operation.weights, try floats(operation.weights.hidden),
      try floats(operation.weights.input), into: packed.floats)
    let ownBias = try scratch(bias == nil ? 4 * d.hiddenSize : 0)
    if bias == nil { try addBiases(operation.weights, into: ownBias.floats) }

    let cells = try scratch(d.batch * RecurrentExtent.stride(d.hiddenSize))
    let size = freeRows(d)
    let scratchCount = RecurrentForwardTile.scratchCount(
      rows: size, input: d.inputSize, hidden: d.hiddenSize)
    let workspace = try scratch(threads.count * scratchCount)
    var tile = RecurrentForwardTile(
      steps: d.steps, batch: d.batch, input: d.inputSize, hidden: d.hiddenSize,
      reverse: d.direction == .reverse, panels: packed.floats, bias: bias ?? ownBias.floats,
      inputs: inputs, output: try rows(operation.output), cellState: cells.floats,
      scratch: workspace.floats)
    tile.biasRows = biasRows
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

  /// Both biases in one, `[4H]`.
  func addBiases(_ weights: RecurrentWeights, into sum: Floats) throws(ComputeError) {
    let input = try floats(weights.inputBias)
    let hidden = try floats(weights.hiddenBias)
    for j in 0..<weights.inputBias.count { sum[j] = input[j] + hidden[j] }
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
