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
    var tile = RecurrentBackwardTile(
      steps: d.steps, batch: d.batch, input: d.inputSize, hidden: d.hiddenSize,
      reverse: d.direction == .reverse, panels: packed.floats,
      needsInitialGradient: operation.initialGradient != nil,
      gates: try floats(operation.gates), cells: try floats(operation.cells),
      inputs: inputs, output: try rows(operation.output),
      hiddenGradient: states.floats, cellGradient: states.floats + d.batch * stateStride,
      chunk: chunk, scratch: workspace.floats)
    tile.keepsGateGradients = operation.keepsGateGradients || keepsGateGradients || !isFused
    tile.lengths = try integers(operation.lengths)
    tile.initialHidden = try floats(operation.initial?.hidden)
    tile.initialCell = try floats(operation.initial?.cell)
    tile.mask = operation.dropout == nil ? nil : mask.floats
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
          CopyTile(
            input: FloatRows(from, stride: stride), inputRows: d.batch,
            output: FloatRows(to, stride: d.hiddenSize), columns: d.hiddenSize,
            rows: 0..<d.batch, accumulate: false))
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
    let tile = BesidePackTile(
      left: hidden, leftColumns: d.hiddenSize, right: input, rightColumns: d.inputSize,
      depth: 4 * d.hiddenSize, destination: destination, depthRange: 0..<0)
    forRows(4 * d.hiddenSize, columns: d.hiddenSize + d.inputSize, elements: 32768) { range in
      var tile = tile
      tile.depthRange = range
      self.kernels.packBeside(tile)
    }
  }

  private func loadGradient(_ tile: RecurrentBackwardTile, hidden: Floats?, cell: Floats?) {
    for (state, stride, given) in [
      (tile.hiddenGradient, RecurrentExtent.stride(tile.hidden + tile.input), hidden),
      (tile.cellGradient, RecurrentExtent.stride(tile.hidden), cell),
    ] {
      let rows = FloatRows(state, stride: stride)
      kernels.fill(FillTile(output: rows, columns: stride, rows: 0..<tile.batch, value: 0))
      guard let given else { continue }
      kernels.copy(
        CopyTile(
          input: FloatRows(given, stride: tile.hidden), inputRows: tile.batch, output: rows,
          columns: tile.hidden, rows: 0..<tile.batch, accumulate: false))
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
    func part(_ offset: Int, _ rows: Int, _ columns: Int, _ output: FloatRows)
      -> ProductReduction
    {
      var part = ProductReduction(
        partials: partials + offset, parts: tiles, rows: rows, columns: columns, rowRange: 0..<rows,
        output: output, scale: 1, bias: nil, accumulate: true, activation: .identity)
      part.partialStride = stride
      part.partStride = count
      return part
    }
    let hidden = part(0, width, d.hiddenSize, try rows(gradients.hidden))
    let input = part(d.hiddenSize, width, d.inputSize, try rows(gradients.input))
    forRows(width, columns: tiles * stride) { range in
      for part in [hidden, input] {
        var part = part
        part.rowRange = range
        self.kernels.reduceProduct(part)
      }
    }
    for bias in [gradients.inputBias, gradients.hiddenBias] {
      kernels.reduceProduct(
        part(width * stride, 1, width, FloatRows(try floats(bias), stride: width)))
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
    let inputRule = tile.lengths.map { RowRule(batch: d.batch, lengths: $0) }
    try product(
      rows: width, columns: d.inputSize, depth: rowCount, StridedMatrix(gates, transposed: true),
      StridedMatrix(tile.inputs), into: try rows(gradients.input),
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
}
