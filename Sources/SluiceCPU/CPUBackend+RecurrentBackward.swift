import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let d = operation.descriptor
    try checkLengths(operation.lengths, steps: d.steps)
    guard let tokens = operation.tokens else {
      return try backward(
        operation, d, inputs: try rows(operation.input),
        inputGradient: try rows(operation.inputGradient))
    }
    let places = try TokenPlaces(tokens, d, operation.lengths, on: self)
    var inner = d
    inner.inputSize = 0
    try backward(
      operation, inner, inputs: FloatRows(try floats(operation.input), stride: 0),
      inputGradient: nil, keepsGateGradients: true)
    try addTokenGradients(places, operation)
  }

  /// - Parameter d: the operation's descriptor, C = 0 where the input is somebody else's.
  private func backward(
    _ operation: RecurrentBackward, _ d: RecurrentDescriptor, inputs: FloatRows,
    inputGradient: FloatRows?, keepsGateGradients: Bool = false
  ) throws(ComputeError) {
    let mask = try scratch(operation.dropout == nil ? 0 : d.batch * d.hiddenSize)
    if let dropout = operation.dropout { makeMask(dropout, d, mask.floats) }
    let columns = d.hiddenSize + (inputGradient == nil ? 0 : d.inputSize)
    let blocks = d.cell.blockCount
    let packed = try scratch(packedCount(depth: blocks * d.hiddenSize, columns: columns))
    packWeights(
      d, try floats(operation.weights.hidden),
      inputGradient == nil ? nil : try floats(operation.weights.input),
      into: packed.floats)

    let isFused = weightsFitCache(d)
    let size = isFused ? Self.tileRows(batch: d.batch) : freeRows(d)
    let tiles = (d.batch + size - 1) / size
    let chunk = isFused ? max(1, min(d.steps, 192 / size)) : 1
    let gradientCount =
      isFused
      ? RecurrentBackwardTile.weightGradientCount(
        input: d.inputSize, hidden: d.hiddenSize, blocks: blocks) : 0
    let weightGradients = try scratch(tiles * gradientCount)
    let scratchCount = RecurrentBackwardTile.scratchCount(
      rows: size, chunk: chunk, input: d.inputSize, hidden: d.hiddenSize, blocks: blocks)
    let workspace = try scratch(threads.count * scratchCount)
    let stateStride = RecurrentExtent.stride(d.hiddenSize + d.inputSize)
    let cellStride = RecurrentExtent.stride(d.hiddenSize)
    let states = try scratch(d.batch * (stateStride + cellStride))
    let layer = try layer(
      d, inputs: inputs, output: operation.output, lengths: operation.lengths,
      initial: operation.initial, mask: operation.dropout == nil ? nil : mask.floats)
    var tile = RecurrentBackwardTile(
      layer, panels: packed.floats, gates: try floats(operation.gates),
      cells: try floats(operation.cells), hiddenGradient: states.floats,
      carriedGradient: states.floats + d.batch * stateStride, chunk: chunk,
      scratch: workspace.floats)
    tile.needsInitialGradient = operation.initialGradient != nil
    tile.keepsGateGradients = operation.keepsGateGradients || keepsGateGradients || !isFused
    tile.outputGradient = try rows(operation.outputGradient)
    tile.inputGradient = inputGradient
    tile.accumulateInputGradient =
      operation.accumulateInputGradient && operation.tokens == nil
    loadGradient(
      tile, hidden: try floats(operation.finalGradient?.hidden),
      cell: try floats(operation.finalGradient?.cell))

    let prepared = tile
    let partials = weightGradients.floats
    threads.run(tiles) { index, thread in
      var tile = prepared
      // From the last on: what forward has kept of it is the likeliest to be in the cache still.
      let index = tiles - 1 - index
      tile.rows = index * size..<min(d.batch, (index + 1) * size)
      tile.scratch += thread * scratchCount
      if isFused { tile.weightGradient = partials + index * gradientCount }
      self.kernels.recurrentBackward(tile)
    }
    if let gradient = operation.initialGradient {
      let hidden = try floats(gradient.hidden)
      let cell = try floats(gradient.cell)
      func copy(_ from: Floats, _ stride: Int, to: Floats, accumulate: Bool) {
        kernels.copy(
          FloatRows(from, stride: stride), inputRows: d.batch,
          into: FloatRows(to, stride: d.hiddenSize), columns: d.hiddenSize, rows: 0..<d.batch,
          accumulate: accumulate)
      }
      copy(tile.hiddenGradient, stateStride, to: hidden, accumulate: false)
      copy(tile.carriedGradient, cellStride, to: cell ?? hidden, accumulate: cell == nil)
    }
    if isFused {
      try addUp(partials, tiles, gradientCount, d, operation.weightGradients)
    } else {
      try weightGradientProducts(operation, d, tile)
    }
  }

  /// Packs `[W_hh W_ih]`.
  private func packWeights(
    _ d: RecurrentDescriptor, _ hidden: Floats, _ input: Floats?, into destination: Floats
  ) {
    let depth = d.cell.blockCount * d.hiddenSize
    forRows(depth, columns: d.hiddenSize + d.inputSize, elements: 32768) { range in
      self.kernels.packBeside(
        hiddenWeights: hidden, inputWeights: input, hidden: d.hiddenSize, input: d.inputSize,
        d.cell.extents, into: destination, depthRange: range)
    }
  }

  private func loadGradient(_ tile: RecurrentBackwardTile, hidden: Floats?, cell: Floats?) {
    let (batch, width) = (tile.layer.batch, tile.layer.hidden)
    for (state, stride, given) in [
      (tile.hiddenGradient, RecurrentExtent.stride(width + tile.layer.input), hidden),
      (tile.carriedGradient, RecurrentExtent.stride(width), cell),
    ] {
      let rows = FloatRows(state, stride: stride)
      kernels.fill(rows, columns: stride, rows: 0..<batch, with: 0)
      guard let given else { continue }
      kernels.copy(
        FloatRows(given, stride: width), inputRows: batch, into: rows, columns: width,
        rows: 0..<batch, accumulate: false)
    }
  }

  // MARK: Gradients of the weights

  /// Adds the tiles' shares to the gradients, in the order of the tiles.
  private func addUp(
    _ partials: Floats, _ tiles: Int, _ count: Int, _ d: RecurrentDescriptor,
    _ gradients: RecurrentWeights
  ) throws(ComputeError) {
    let stride = RecurrentExtent.stride(d.hiddenSize + d.inputSize)
    let (hidden, input) = (try rows(gradients.hidden), try rows(gradients.input))
    let biases = (input: try floats(gradients.inputBias), hidden: try floats(gradients.hiddenBias))
    let biasStart =
      partials + stride
      * RecurrentBackwardTile.gradientRows(hidden: d.hiddenSize, blocks: d.cell.blockCount)
    func add(_ shares: FloatRows, _ columns: Int, _ rows: Range<Int>, to output: FloatRows) {
      kernels.reduceProduct(
        shares, parts: tiles, partStride: count, columns: columns, rowRange: rows, into: output,
        ProductEpilogue(accumulate: true))
    }
    // Rows of partials begin with the hidden state's share of the separate gates, which are the last.
    for (blocks, columns, offset, output, bias) in [
      (d.cell.hiddenBlocks, d.hiddenSize, 0, hidden, biases.hidden),
      ([d.cell.inputBlock], d.inputSize, d.hiddenSize, input, biases.input),
    ] {
      for block in blocks {
        let gates = block.gates.count * d.hiddenSize
        let first = block.productOrder * d.hiddenSize
        let target = block.rows(of: output, d.hiddenSize)
        forRows(gates, columns: tiles * stride) { range in
          add(
            FloatRows(partials + first * stride + offset, stride: stride), columns, range,
            to: target)
        }
        add(
          FloatRows(biasStart + first, stride: gates), gates, 0..<1,
          to: FloatRows(bias + block.gates.lowerBound * d.hiddenSize, stride: gates))
      }
    }
  }

  /// One product over all steps for each weight matrix, one column sum for the biases.
  private func weightGradientProducts(
    _ operation: RecurrentBackward, _ d: RecurrentDescriptor, _ tile: RecurrentBackwardTile
  ) throws(ComputeError) {
    let width = d.cell.blockCount * d.hiddenSize
    let rowCount = d.steps * d.batch
    let gates = FloatRows(tile.gates, stride: width)
    let gradients = operation.weightGradients
    let layer = tile.layer
    try biasGradients(gates, rows: rowCount, d, gradients)
    let inputRule = layer.lengths.map { RowRule(batch: d.batch, lengths: $0) }
    try product(
      rows: d.cell.gateCount * d.hiddenSize, columns: d.inputSize, depth: rowCount,
      StridedMatrix(gates, transposed: true), StridedMatrix(layer.inputs),
      into: try rows(gradients.input), ProductEpilogue(accumulate: true), rule: inputRule)

    // The state that a step came from is the output one step before it in the direction of reading.
    let maskRule = layer.mask.map { RowRule(batch: d.batch, mask: $0) }
    let starts = try scratch(layer.initialHidden == nil ? 0 : d.batch * width)
    if layer.initialHidden != nil {
      for n in 0..<d.batch {
        let length = layer.lengths.map { Int($0[n]) } ?? d.steps
        let first = layer.reverse ? max(0, length - 1) : 0
        (starts.floats + n * width).update(
          from: tile.gates + (first * d.batch + n) * width, count: width)
      }
    }
    for block in d.cell.hiddenBlocks {
      let columns = block.gates.count * d.hiddenSize
      let target = block.rows(of: try rows(gradients.hidden), d.hiddenSize)
      if d.steps > 1 {
        let output = layer.output
        let later = FloatRows(tile.gates + d.batch * width, stride: width)
        let laterOutput = FloatRows(output.start + d.batch * output.stride, stride: output.stride)
        try product(
          rows: columns, columns: d.hiddenSize, depth: rowCount - d.batch,
          StridedMatrix(
            block.columns(of: layer.reverse ? gates : later, d.hiddenSize), transposed: true),
          StridedMatrix(layer.reverse ? laterOutput : output), into: target,
          ProductEpilogue(accumulate: true), rule: maskRule)
      }
      guard let initial = layer.initialHidden else { continue }
      try product(
        rows: columns, columns: d.hiddenSize, depth: d.batch,
        StridedMatrix(
          block.columns(of: FloatRows(starts.floats, stride: width), d.hiddenSize),
          transposed: true),
        StridedMatrix(FloatRows(initial, stride: d.hiddenSize)), into: target,
        ProductEpilogue(accumulate: true), rule: maskRule)
    }
  }
}

extension CPUBackend {
  /// Adds the column sums of all gates: to both biases where input and hidden state share a gate.
  private func biasGradients(
    _ gates: FloatRows, rows: Int, _ d: RecurrentDescriptor, _ gradients: RecurrentWeights
  ) throws(ComputeError) {
    let (input, hidden) = (try floats(gradients.inputBias), try floats(gradients.hiddenBias))
    let separate = d.cell.separateGateCount * d.hiddenSize
    let joint = d.cell.gateCount * d.hiddenSize - separate
    for (first, columns, targets) in [
      (0, joint, [input, hidden]), (joint, separate, [input + joint]),
      (joint + separate, separate, [hidden + joint]),
    ] where columns > 0 {
      try columnSum(
        FloatRows(gates.start + first, stride: gates.stride), rows: rows, columns: columns,
        into: targets, accumulate: true)
    }
  }
}

/// Gates whose gradients stand side by side.
private struct GateBlock {
  /// Of the weights.
  var gates: Range<Int>
  /// The block where they begin in what forward kept and backward overwrites.
  var keptOrder: Int
  /// The block where they begin in the order of the products.
  var productOrder: Int

  func columns(of rows: FloatRows, _ hidden: Int) -> FloatRows {
    FloatRows(rows.start + keptOrder * hidden, stride: rows.stride)
  }

  func rows(of weights: FloatRows, _ hidden: Int) -> FloatRows {
    FloatRows(
      weights.start + gates.lowerBound * hidden * weights.stride, stride: weights.stride)
  }
}

extension RecurrentCell {
  /// Where the gradients of the gates stand, as the input's share of them.
  fileprivate var inputBlock: GateBlock {
    GateBlock(gates: 0..<gateCount, keptOrder: 0, productOrder: separateGateCount)
  }

  /// As the hidden state's share: that of the separate gates stands behind all gates in what is kept,
  /// and first in the order of the products.
  fileprivate var hiddenBlocks: [GateBlock] {
    let (joint, separate) = (gateCount - separateGateCount, separateGateCount)
    let together = GateBlock(gates: 0..<joint, keptOrder: 0, productOrder: separate)
    if separate == 0 { return [together] }
    let apart = GateBlock(gates: joint..<gateCount, keptOrder: gateCount, productOrder: 0)
    return joint > 0 ? [together, apart] : [apart]
  }
}
