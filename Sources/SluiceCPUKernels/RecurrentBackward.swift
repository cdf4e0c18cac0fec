import SluiceCPUInterface

/// What the reversed recurrence keeps of some steps, in the tile's scratch.
struct BackwardChunk {
  /// `[chunk · rows]` rows of P·H: gradients of the sums, in the order of the products.
  var gates: Floats
  var gateStride: Int
  /// `[panels][chunk · rows][panel]`: the hidden state that a step came from, and its input.
  var sources: Floats
  /// `chunk · rows`.
  var capacity: Int
  /// Rows that are filled.
  var count = 0
  /// A row of `sources`, before it is cut into panels.
  var row: Floats
  var zeros: Floats
  /// Whether `weightGradient` holds nothing yet.
  var isFirst = true

  init(_ tile: RecurrentBackwardTile) {
    let columns = RecurrentExtent.stride(tile.layer.hidden + tile.layer.input)
    capacity = tile.chunk * tile.rows.count
    gateStride = RecurrentExtent.stride(tile.layer.extents.blocks * tile.layer.hidden)
    gates = tile.scratch
    sources = gates + capacity * gateStride
    row = sources + capacity * columns
    zeros = row + columns
    clear(row, 2 * columns)
  }
}

/// All steps of a tile, from the last one read to the first.
func runBackward<Cell: CellKernels>(_ cell: Cell.Type, _ tile: RecurrentBackwardTile) {
  let layer = tile.layer
  let stateStride = RecurrentExtent.stride(layer.hidden + layer.input)
  let cellStride = RecurrentExtent.stride(layer.hidden)
  var chunk = BackwardChunk(tile)
  for s in 0..<layer.steps {
    let t = layer.reverse ? s : layer.steps - 1 - s
    guard isAnyActive(layer.lengths, tile.rows, t) else {
      clearStep(tile, t)
      continue
    }
    for n in tile.rows { differentiateRow(cell, tile, chunk, t, n, stateStride, cellStride) }
    let needsHidden = s < layer.steps - 1 || tile.needsInitialGradient
    if needsHidden || tile.inputGradient != nil {
      passGradients(tile, chunk, t, stateStride)
    }
    guard tile.weightGradient != nil else { continue }
    for n in tile.rows {
      keepSource(tile, chunk, t, n)
      chunk.count += 1
    }
    if chunk.count == chunk.capacity { addWeightGradient(tile, &chunk) }
  }
  if chunk.count > 0 || chunk.isFirst { addWeightGradient(tile, &chunk) }
}

/// A step that none of the rows has.
private func clearStep(_ tile: RecurrentBackwardTile, _ t: Int) {
  let layer = tile.layer
  for n in tile.rows {
    let row = t * layer.batch + n
    if tile.keepsGateGradients {
      let width = layer.extents.blocks * layer.hidden
      clear(tile.gates + row * width, width)
    }
    if let gradient = tile.inputGradient, !tile.accumulateInputGradient {
      clear(gradient.start + row * gradient.stride, layer.input)
    }
  }
}

/// The row that another came from at step t; nil where that is the initial state.
@inline(__always)
func previousRow(_ tile: RecurrentBackwardTile, _ t: Int, _ n: Int) -> Int? {
  let layer = tile.layer
  let previous = layer.reverse ? t + 1 : t - 1
  let end = layer.lengths.map { Int($0[n]) } ?? layer.steps
  return previous >= 0 && previous < end ? previous * layer.batch + n : nil
}

/// The gate gradients of row n, into the chunk and over the gates.
@inline(__always)
private func differentiateRow<Cell: CellKernels>(
  _: Cell.Type, _ tile: RecurrentBackwardTile, _ chunk: BackwardChunk, _ t: Int, _ n: Int,
  _ stateStride: Int, _ cellStride: Int
) {
  let layer = tile.layer
  let width = layer.extents.blocks * layer.hidden
  let row = t * layer.batch + n
  let gates = tile.gates + row * width
  let to = chunk.gates + (chunk.count + n - tile.rows.lowerBound) * chunk.gateStride
  if let lengths = layer.lengths, t >= Int(lengths[n]) {
    if tile.keepsGateGradients { clear(gates, width) }
    clear(to, width)
    return
  }
  // A cell without c does not look at it.
  let cells = tile.cells ?? chunk.zeros
  var previous = chunk.zeros
  if let before = previousRow(tile, t, n) {
    previous =
      Cell.hasCellState
      ? cells + before * layer.hidden : layer.output.start + before * layer.output.stride
  } else if let initial = Cell.hasCellState ? layer.initialCell : layer.initialHidden {
    previous = initial + n * layer.hidden
  }
  Cell.differentiate(
    BackwardRow(
      hidden: layer.hidden, kept: gates, gradients: to,
      cell: Cell.hasCellState ? cells + row * layer.hidden : cells, previous: previous,
      output: tile.outputGradient.map { $0.start + row * $0.stride } ?? chunk.zeros,
      hiddenGradient: tile.hiddenGradient + n * stateStride,
      carried: tile.carriedGradient + n * cellStride))
  if tile.keepsGateGradients {
    // The separate gates' share of the hidden state stands behind the gates there.
    let shift = layer.extents.separate * layer.hidden
    copyRow(to + shift, gates, width - shift)
    copyRow(to, gates + width - shift, shift)
  }
}

/// Copies a row to where nothing may be written past its end.
@inline(never)
private func copyRow(_ from: Floats, _ to: Floats, _ count: Int) {
  var j = 0
  while j + Extent.lanes <= count {
    store(load(from + j), to + j)
    j += Extent.lanes
  }
  moveScrap(from + j, to + j, count - j)
}

/// dh += dgates · W_hh, and with it dx = dgates · W_ih, for the tile's rows at step t. A row past
/// its end has zero gates: its dh is held.
private func passGradients(
  _ tile: RecurrentBackwardTile, _ chunk: BackwardChunk, _ t: Int, _ stateStride: Int
) {
  let layer = tile.layer
  let width = layer.extents.blocks * layer.hidden
  let shift = layer.extents.separate * layer.hidden
  let gates = chunk.gates + chunk.count * chunk.gateStride
  let gradient = tile.hiddenGradient + tile.rows.lowerBound * stateStride
  let columns = tile.inputGradient == nil ? layer.hidden : layer.hidden + layer.input
  var column = 0
  var panel = tile.panels
  while column < columns {
    // What the hidden state gives ends, and what the input gives begins, with the joint gates.
    let begin = column < layer.hidden ? 0 : shift
    let end = min(columns, column + Extent.panel) > layer.hidden ? width : width - shift
    productRows(
      gates + begin, chunk.gateStride, panel + begin * Extent.panel, end - begin, tile.rows.count,
      BlockStore(
        // Rows of state have room for whole panels.
        output: gradient + column, stride: stateStride,
        columns: columns - column > Extent.lanes ? Extent.panel : Extent.lanes, scale: 1,
        accumulate: true))
    column += Extent.panel
    panel += width * Extent.panel
  }
  if let inputGradient = tile.inputGradient {
    for r in 0..<tile.rows.count {
      let row = t * layer.batch + tile.rows.lowerBound + r
      passInput(
        gradient + r * stateStride + layer.hidden,
        inputGradient.start + row * inputGradient.stride, layer.input,
        tile.accumulateInputGradient)
    }
  }
  maskHiddenGradient(tile, t, stateStride)
}

/// dx leaves the state for its tensor.
@inline(never)
private func passInput(_ from: Floats, _ to: Floats, _ count: Int, _ accumulate: Bool) {
  var j = 0
  while j + Extent.lanes <= count {
    let value = load(from + j)
    store(accumulate ? load(to + j) + value : value, to + j)
    store(Lanes(), from + j)
    j += Extent.lanes
  }
  if j < count {
    if accumulate { store(load(to + j) + load(from + j), from + j) }
    moveScrap(from + j, to + j, count - j)
    store(Lanes(), from + j)
  }
}

/// The recurrent dropout's mask on what has just come through the product.
@inline(__always)
private func maskHiddenGradient(_ tile: RecurrentBackwardTile, _ t: Int, _ stateStride: Int) {
  let layer = tile.layer
  guard let mask = layer.mask else { return }
  for n in tile.rows {
    if let lengths = layer.lengths, t >= Int(lengths[n]) { continue }
    let gradient = tile.hiddenGradient + n * stateStride
    var j = 0
    while j < layer.hidden {
      store(
        load(gradient + j) * load(mask + n * layer.hidden + j), gradient + j,
        layer.hidden - j)
      j += Extent.lanes
    }
  }
}
