import SluiceCPUInterface

/// What the reversed recurrence keeps of some steps, in the tile's scratch.
struct BackwardChunk {
  /// `[chunk · rows]` rows of 4H: gate gradients.
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
    gateStride = RecurrentExtent.stride(4 * tile.layer.hidden)
    gates = tile.scratch
    sources = gates + capacity * gateStride
    row = sources + capacity * columns
    zeros = row + columns
    clear(row, 2 * columns)
  }
}

extension Kernels {
  /// Overwrites gates with their gradients, and forms what follows from these while they are near.
  package static func recurrentBackward(_ tile: RecurrentBackwardTile) {
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
      for n in tile.rows { differentiateRow(tile, chunk, t, n, stateStride, cellStride) }
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
}

/// A step that none of the rows has.
private func clearStep(_ tile: RecurrentBackwardTile, _ t: Int) {
  let layer = tile.layer
  for n in tile.rows {
    let row = t * layer.batch + n
    if tile.keepsGateGradients {
      clear(tile.gates + row * 4 * layer.hidden, 4 * layer.hidden)
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
private func differentiateRow(
  _ tile: RecurrentBackwardTile, _ chunk: BackwardChunk, _ t: Int, _ n: Int, _ stateStride: Int,
  _ cellStride: Int
) {
  let layer = tile.layer
  let width = 4 * layer.hidden
  let row = t * layer.batch + n
  let gates = tile.gates + row * width
  let to = chunk.gates + (chunk.count + n - tile.rows.lowerBound) * chunk.gateStride
  if let lengths = layer.lengths, t >= Int(lengths[n]) {
    if tile.keepsGateGradients { clear(gates, width) }
    clear(to, width)
    return
  }
  var previous = chunk.zeros
  if let before = previousRow(tile, t, n) {
    previous = tile.cells + before * layer.hidden
  } else if let initial = layer.initialCell {
    previous = initial + n * layer.hidden
  }
  differentiateCell(
    gates: gates, gradients: to, cell: tile.cells + row * layer.hidden, previous: previous,
    outputGradient: tile.outputGradient.map { $0.start + row * $0.stride } ?? chunk.zeros,
    hiddenGradient: tile.hiddenGradient + n * stateStride,
    cellGradient: tile.cellGradient + n * cellStride,
    hidden: layer.hidden)
  if tile.keepsGateGradients { copyRow(to, gates, width) }
}

/// One row: from activated gates to their gradients before activation. Consumes dh, renews dc.
///
/// The last vector of units goes first: what it writes past the end of its gates, those that
/// follow overwrite.
@inline(never)
private func differentiateCell(
  gates: Floats, gradients: Floats, cell: Floats, previous: Floats, outputGradient: Floats,
  hiddenGradient: Floats, cellGradient: Floats, hidden: Int
) {
  let one = broadcast(1)
  var j = (hidden - 1) / Extent.lanes * Extent.lanes
  while j >= 0 {
    let i = load(gates + j)
    let f = load(gates + hidden + j)
    let g = load(gates + 2 * hidden + j)
    let o = load(gates + 3 * hidden + j)
    let tc = tanh(load(cell + j))
    let dh = load(hiddenGradient + j) + load(outputGradient + j)
    let dc = multiplyAdd(dh * o, one - tc * tc, load(cellGradient + j))
    let to = gradients + j
    store(dc * g * (i * (one - i)), to)
    store(dc * load(previous + j) * (f * (one - f)), to + hidden)
    store(dc * i * (one - g * g), to + 2 * hidden)
    store(dh * tc * (o * (one - o)), to + 3 * hidden)
    store(dc * f, cellGradient + j)
    store(Lanes(), hiddenGradient + j)
    j -= Extent.lanes
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
  let width = 4 * layer.hidden
  let gates = chunk.gates + chunk.count * chunk.gateStride
  let gradient = tile.hiddenGradient + tile.rows.lowerBound * stateStride
  let columns = tile.inputGradient == nil ? layer.hidden : layer.hidden + layer.input
  var column = 0
  var panel = tile.panels
  while column < columns {
    productRows(
      gates, chunk.gateStride, panel, width, tile.rows.count,
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
