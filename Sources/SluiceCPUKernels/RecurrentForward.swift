import SluiceCPUInterface

/// What a step of a tile works on.
private struct ForwardStep {
  var t: Int
  /// The rows' states `[hidden input]` of this step and of the next.
  var state: Floats
  var next: Floats
  var stateStride: Int
  var cellStride: Int
  /// `[rows][blocks][units]`: sums before the bias.
  var sums: Floats
  var sumStride: Int
  /// Room for two vectors.
  var scrap: Floats
}

/// All steps of a tile.
func runForward<Cell: CellKernels>(_ cell: Cell.Type, _ tile: RecurrentForwardTile) {
  withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 2) { vectors in
    guard let scrap = UnsafeMutableRawPointer(vectors.baseAddress) else { return }
    runSteps(cell, tile, scrap.assumingMemoryBound(to: Float.self))
  }
}

private func runSteps<Cell: CellKernels>(
  _ cell: Cell.Type, _ tile: RecurrentForwardTile, _ scrap: Floats
) {
  let layer = tile.layer
  let stride = RecurrentExtent.stride(layer.hidden + layer.input)
  let count = tile.rows.count
  let width = layer.extents.unitVectors * Extent.lanes
  var step = ForwardStep(
    t: 0, state: tile.scratch, next: tile.scratch + count * stride, stateStride: stride,
    cellStride: RecurrentExtent.stride(layer.hidden),
    sums: tile.scratch + 2 * count * stride,
    sumStride: layer.extents.sumStride(lanes: Extent.lanes), scrap: scrap)
  loadState(cell, tile, step)
  for s in 0..<layer.steps {
    step.t = layer.reverse ? layer.steps - 1 - s : s
    guard isAnyActive(layer.lengths, tile.rows, step.t) else {
      for n in tile.rows {
        clear(
          layer.output.start + (step.t * layer.batch + n) * layer.output.stride,
          layer.hidden)
      }
      continue
    }
    loadInput(tile, step)
    var panel = tile.panels
    var unit = 0
    while unit < layer.hidden {
      let units = min(width, layer.hidden - unit)
      addUpGates(layer, step, count, units, &panel)
      advanceUnits(cell, tile, step, unit, units)
      unit += units
    }
    swap(&step.state, &step.next)
  }
}

/// The sums of some units: of the joint gates, then of the separate ones what the input gives and what
/// the hidden state gives.
@inline(__always)
private func addUpGates(
  _ layer: RecurrentLayer, _ step: ForwardStep, _ rows: Int, _ units: Int, _ panel: inout Floats
) {
  let (hidden, input) = (layer.hidden, layer.input)
  let joint = (layer.extents.gates - layer.extents.separate) * units
  addUp(step, step.state, hidden + input, rows, to: 0, joint, &panel)
  let separate = layer.extents.separate * units
  if separate == 0 { return }
  addUp(step, step.state + hidden, input, rows, to: joint, separate, &panel)
  addUp(step, step.state, hidden, rows, to: joint + separate, separate, &panel)
}

/// `count` columns of sums from `first` on, over `depth` columns of the state.
@inline(__always)
private func addUp(
  _ step: ForwardStep, _ state: Floats, _ depth: Int, _ rows: Int, to first: Int, _ count: Int,
  _ panel: inout Floats
) {
  var column = 0
  while column < count {
    productRows(
      state, step.stateStride, panel, depth, rows,
      BlockStore(
        output: step.sums + first + column, stride: step.sumStride,
        columns: count - column > Extent.lanes ? Extent.panel : Extent.lanes, scale: 1,
        accumulate: false))
    column += Extent.panel
    panel += depth * Extent.panel
  }
}

/// The state before the first step, hidden state masked.
private func loadState<Cell: CellKernels>(
  _: Cell.Type, _ tile: RecurrentForwardTile, _ step: ForwardStep
) {
  let layer = tile.layer
  clear(step.state, 2 * tile.rows.count * step.stateStride)
  for n in tile.rows {
    let cell = tile.cellState + n * step.cellStride
    clear(cell, step.cellStride)
    if let initial = Cell.hasCellState ? layer.initialCell : layer.initialHidden {
      for j in 0..<layer.hidden { cell[j] = initial[n * layer.hidden + j] }
    }
    guard let initial = layer.initialHidden else { continue }
    let state = step.state + (n - tile.rows.lowerBound) * step.stateStride
    for j in 0..<layer.hidden {
      state[j] =
        initial[n * layer.hidden + j] * (layer.mask?[n * layer.hidden + j] ?? 1)
    }
  }
}

/// The step's input, beside the hidden state.
@inline(__always)
private func loadInput(_ tile: RecurrentForwardTile, _ step: ForwardStep) {
  let layer = tile.layer
  let from =
    layer.inputs.start + (step.t * layer.batch + tile.rows.lowerBound)
    * layer.inputs.stride
  for r in 0..<tile.rows.count {
    copyVectors(
      from + r * layer.inputs.stride, step.state + r * step.stateStride + layer.hidden,
      layer.input)
  }
}

/// Copies in whole vectors: up to a vector more than `count`.
@inline(__always)
func copyVectors(_ source: Floats, _ target: Floats, _ count: Int) {
  var j = 0
  while j < count {
    store(load(source + j), target + j)
    j += Extent.lanes
  }
}

/// The new states of `units` units from `unit` on.
@inline(never)
private func advanceUnits<Cell: CellKernels>(
  _: Cell.Type, _ tile: RecurrentForwardTile, _ step: ForwardStep, _ unit: Int, _ units: Int
) {
  let layer = tile.layer
  let hidden = layer.hidden
  let width = layer.extents.blocks * hidden
  for r in 0..<tile.rows.count {
    let n = tile.rows.lowerBound + r
    let row = step.t * layer.batch + n
    let output = layer.output.start + row * layer.output.stride + unit
    let next = step.next + r * step.stateStride + unit
    if let lengths = layer.lengths, step.t >= Int(lengths[n]) {
      clear(output, units)
      copyVectors(step.state + r * step.stateStride + unit, next, units)
      continue
    }
    let bias = tile.bias + (tile.biasRows.map { Int($0[row]) * width } ?? 0) + unit
    let sums = step.sums + r * step.sumStride
    let state = tile.cellState + n * step.cellStride + unit
    var v = 0
    while v < units {
      var kept = KeptBlocks()
      let h = Cell.advance(
        sums + v, units, bias + v, hidden, state: state + v, keeping: &kept)
      if let mask = layer.mask {
        store(h * load(mask + n * hidden + unit + v), next + v)
      } else {
        store(h, next + v)
      }
      let count = min(Extent.lanes, units - v)
      keep(h, output + v, count, step.scrap)
      if Cell.hasCellState, let cells = tile.cells {
        keep(load(state + v), cells + row * hidden + unit + v, count, step.scrap)
      }
      if let gates = tile.gates {
        let to = gates + row * width + unit + v
        keep(kept.first, to, count, step.scrap)
        let blocks = layer.extents.blocks
        if blocks > 1 { keep(kept.second, to + hidden, count, step.scrap) }
        if blocks > 2 { keep(kept.third, to + 2 * hidden, count, step.scrap) }
        if blocks > 3 { keep(kept.fourth, to + 3 * hidden, count, step.scrap) }
      }
      v += Extent.lanes
    }
  }
}

/// Stores the first `count` lanes where nothing may be written past them.
@inline(__always)
private func keep(_ value: Lanes, _ target: Floats, _ count: Int, _ scrap: Floats) {
  if count == Extent.lanes {
    store(value, target)
  } else {
    store(value, scrap)
    moveScrap(scrap, target, count)
  }
}

/// Whether any of the rows has a step t.
@inline(__always)
func isAnyActive(_ lengths: Integers?, _ rows: Range<Int>, _ t: Int) -> Bool {
  guard let lengths else { return true }
  for n in rows where t < Int(lengths[n]) { return true }
  return false
}

/// Sets `count` elements to zero.
@inline(__always)
func clear(_ pointer: Floats, _ count: Int) {
  var j = 0
  while j < count {
    store(Lanes(), pointer + j, count - j)
    j += Extent.lanes
  }
}
