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
    let packed = try scratch(packedCount(depth: 4 * d.hiddenSize, columns: columns))
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
      ? RecurrentBackwardTile.weightGradientCount(input: d.inputSize, hidden: d.hiddenSize) : 0
    let weightGradients = try scratch(tiles * gradientCount)
    let scratchCount = RecurrentBackwardTile.scratchCount(
      rows: size, chunk: chunk, input: d.inputSize, hidden: d.hiddenSize)
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
      cellGradient: states.floats + d.batch * stateStride, chunk: chunk, scratch: workspace.floats)
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
      for (from, stride, to) in [
        (tile.hiddenGradient, stateStride, hidden), (tile.cellGradient, cellStride, cell),
      ] {
        kernels.copy(
          FloatRows(from, stride: stride), inputRows: d.batch,
          into: FloatRows(to, stride: d.hiddenSize), columns: d.hiddenSize, rows: 0..<d.batch,
          accumulate: false)
      }
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
    forRows(4 * d.hiddenSize, columns: d.hiddenSize + d.inputSize, elements: 32768) { range in
      self.kernels.packBeside(
        hidden, leftColumns: d.hiddenSize, input, rightColumns: d.inputSize,
        depth: 4 * d.hiddenSize, into: destination, depthRange: range)
    }
  }

  private func loadGradient(_ tile: RecurrentBackwardTile, hidden: Floats?, cell: Floats?) {
    let (batch, width) = (tile.layer.batch, tile.layer.hidden)
    for (state, stride, given) in [
      (tile.hiddenGradient, RecurrentExtent.stride(width + tile.layer.input), hidden),
      (tile.cellGradient, RecurrentExtent.stride(width), cell),
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
    let width = 4 * d.hiddenSize
    func add(_ offset: Int, _ columns: Int, _ rows: Range<Int>, to output: FloatRows) {
      kernels.reduceProduct(
        FloatRows(partials + offset, stride: stride), parts: tiles, partStride: count,
        columns: columns, rowRange: rows, into: output, ProductEpilogue(accumulate: true))
    }
    let (hidden, input) = (try rows(gradients.hidden), try rows(gradients.input))
    forRows(width, columns: tiles * stride) { range in
      add(0, d.hiddenSize, range, to: hidden)
      add(d.hiddenSize, d.inputSize, range, to: input)
    }
    for bias in [gradients.inputBias, gradients.hiddenBias] {
      add(width * stride, width, 0..<1, to: FloatRows(try floats(bias), stride: width))
    }
  }

  /// One product over all steps for each weight matrix, one column sum for the biases.
  private func weightGradientProducts(
    _ operation: RecurrentBackward, _ d: RecurrentDescriptor, _ tile: RecurrentBackwardTile
  ) throws(ComputeError) {
    let width = 4 * d.hiddenSize
    let rowCount = d.steps * d.batch
    let gates = FloatRows(tile.gates, stride: width)
    let gradients = operation.weightGradients
    try columnSum(
      gates, rows: rowCount, columns: width,
      into: [try floats(gradients.inputBias), try floats(gradients.hiddenBias)], accumulate: true)
    let layer = tile.layer
    let inputRule = layer.lengths.map { RowRule(batch: d.batch, lengths: $0) }
    try product(
      rows: width, columns: d.inputSize, depth: rowCount, StridedMatrix(gates, transposed: true),
      StridedMatrix(layer.inputs), into: try rows(gradients.input),
      ProductEpilogue(accumulate: true), rule: inputRule)

    // The state that a step came from is the output one step before it in the direction of reading.
    let maskRule = layer.mask.map { RowRule(batch: d.batch, mask: $0) }
    let hiddenGradient = try rows(gradients.hidden)
    if d.steps > 1 {
      let output = layer.output
      let later = FloatRows(tile.gates + d.batch * width, stride: width)
      let laterOutput = FloatRows(output.start + d.batch * output.stride, stride: output.stride)
      try product(
        rows: width, columns: d.hiddenSize, depth: rowCount - d.batch,
        StridedMatrix(layer.reverse ? gates : later, transposed: true),
        StridedMatrix(layer.reverse ? laterOutput : output), into: hiddenGradient,
        ProductEpilogue(accumulate: true), rule: maskRule)
    }
    guard let initial = layer.initialHidden else { return }
    let starts = try scratch(d.batch * width)
    for n in 0..<d.batch {
      let length = layer.lengths.map { Int($0[n]) } ?? d.steps
      let first = layer.reverse ? max(0, length - 1) : 0
      (starts.floats + n * width).update(
        from: tile.gates + (first * d.batch + n) * width, count: width)
    }
    try product(
      rows: width, columns: d.hiddenSize, depth: d.batch,
      StridedMatrix(FloatRows(starts.floats, stride: width), transposed: true),
      StridedMatrix(FloatRows(initial, stride: d.hiddenSize)), into: hiddenGradient,
      ProductEpilogue(accumulate: true), rule: maskRule)
  }
}
