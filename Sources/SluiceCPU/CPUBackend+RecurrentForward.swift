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
    let extents = d.cell.extents
    let packed = try scratch(
      kernels.packedGateCount(hidden: d.hiddenSize, input: d.inputSize, extents))
    packGates(
      d, operation.weights, try floats(operation.weights.hidden),
      try floats(operation.weights.input), into: packed.floats)
    let ownBias = try scratch(bias == nil ? extents.blocks * d.hiddenSize : 0)
    if bias == nil { try joinBiases(operation.weights, extents, into: ownBias.floats) }

    let cells = try scratch(d.batch * RecurrentExtent.stride(d.hiddenSize))
    let size = freeRows(d)
    let scratchCount = RecurrentForwardTile.scratchCount(
      rows: size, input: d.inputSize, hidden: d.hiddenSize, extents, lanes: kernels.lanes)
    let workspace = try scratch(threads.count * scratchCount)
    let layer = try layer(
      d, inputs: inputs, output: operation.output, lengths: operation.lengths,
      initial: operation.initial, mask: operation.dropout == nil ? nil : mask.floats)
    var tile = RecurrentForwardTile(
      layer, panels: packed.floats, bias: bias ?? ownBias.floats, cellState: cells.floats,
      scratch: workspace.floats)
    tile.biasRows = biasRows
    tile.gates = try floats(operation.gates)
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

  /// What the kernels of both directions of a pass are told about the layer.
  func layer(
    _ d: RecurrentDescriptor, inputs: FloatRows, output: Tensor, lengths: Tensor?,
    initial: RecurrentState?, mask: Floats?
  ) throws(ComputeError) -> RecurrentLayer {
    var layer = RecurrentLayer(
      cell: try d.cell.kernel(), extents: d.cell.extents, steps: d.steps, batch: d.batch,
      input: d.inputSize, hidden: d.hiddenSize,
      reverse: d.direction == .reverse, inputs: inputs, output: try rows(output))
    layer.lengths = try integers(lengths)
    layer.initialHidden = try floats(initial?.hidden)
    layer.initialCell = try floats(initial?.cell)
    layer.mask = mask
    return layer
  }

  /// Both biases in one, `[P·H]`: their sum, but for the separate gates first that of the input, and
  /// behind all gates that of the hidden state.
  func joinBiases(_ weights: RecurrentWeights, _ extents: CellExtents, into joined: Floats)
    throws(ComputeError)
  {
    let input = try floats(weights.inputBias)
    let hidden = try floats(weights.hiddenBias)
    let width = weights.inputBias.count
    let separate = extents.separate * (width / extents.gates)
    for j in 0..<(width - separate) { joined[j] = input[j] + hidden[j] }
    for j in (width - separate)..<width {
      joined[j] = input[j]
      joined[separate + j] = hidden[j]
    }
  }

  private func packGates(
    _ d: RecurrentDescriptor, _ weights: RecurrentWeights, _ hidden: Floats, _ input: Floats,
    into destination: Floats
  ) {
    let extents = d.cell.extents
    let groups = kernels.gateGroups(d.hiddenSize, extents)
    let count = kernels.packedGateCount(hidden: d.hiddenSize, input: d.inputSize, extents)
    forRows(groups, columns: count / groups) { groups in
      self.kernels.packGates(
        hiddenWeights: hidden, inputWeights: input, hidden: d.hiddenSize, input: d.inputSize,
        extents, into: destination, groups: groups)
    }
  }

  /// The scaled mask `[N, H]` of the recurrent dropout.
  func makeMask(_ dropout: RecurrentDropout, _ d: RecurrentDescriptor, _ mask: Floats) {
    let rows = FloatRows(mask, stride: d.hiddenSize)
    kernels.fill(rows, columns: d.hiddenSize, rows: 0..<d.batch, with: 1)
    self.dropout(
      rows, rows, rows: d.batch, columns: d.hiddenSize, rate: dropout.rate,
      stream: dropout.stream, period: d.batch * d.hiddenSize, accumulate: false)
  }

  /// The state after each row's last step in the direction of reading.
  private func saveState(_ tile: RecurrentForwardTile, hidden: Floats, cell: Floats?) {
    let layer = tile.layer
    let stride = RecurrentExtent.stride(layer.hidden)
    for n in 0..<layer.batch {
      let length = layer.lengths.map { Int($0[n]) } ?? layer.steps
      let target = hidden + n * layer.hidden
      if length > 0 {
        let row = (layer.reverse ? 0 : length - 1) * layer.batch + n
        target.update(from: layer.output.start + row * layer.output.stride, count: layer.hidden)
      } else if let initial = layer.initialHidden {
        target.update(from: initial + n * layer.hidden, count: layer.hidden)
      } else {
        target.update(repeating: 0, count: layer.hidden)
      }
      guard let cell else { continue }
      (cell + n * layer.hidden).update(from: tile.cellState + n * stride, count: layer.hidden)
    }
  }
}
