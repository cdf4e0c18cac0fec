import SluiceCPUInterface

extension Kernels {
  /// For each vector of units: the product of input and hidden state with their gates, activation,
  /// cell and state, all while they are in the first cache.
  package static func recurrentForward(_ tile: RecurrentForwardTile) {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 6) { vectors in
      guard let scrap = UnsafeMutableRawPointer(vectors.baseAddress) else { return }
      runSteps(tile, scrap.assumingMemoryBound(to: Float.self))
    }
  }
}

/// What a step of a tile works on.
private struct ForwardStep {
  var t: Int
  /// The rows' states `[hidden input]` of this step and of the next.
  var state: Floats
  var next: Floats
  var stateStride: Int
  var cellStride: Int
  /// `[rows][4][lanes]`: gates before the bias.
  var gates: Floats
  /// Room for five vectors.
  var scrap: Floats
}

private func runSteps(_ tile: RecurrentForwardTile, _ scrap: Floats) {
  let layer = tile.layer
  let depth = layer.hidden + layer.input
  let stride = RecurrentExtent.stride(depth)
  let count = tile.rows.count
  var step = ForwardStep(
    t: 0, state: tile.scratch, next: tile.scratch + count * stride, stateStride: stride,
    cellStride: RecurrentExtent.stride(layer.hidden),
    gates: tile.scratch + 2 * count * stride, scrap: scrap)
  loadState(tile, step)
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
      let units = min(Extent.lanes, layer.hidden - unit)
      var column = 0
      while column < 4 * units {
        productRows(
          step.state, stride, panel, depth, count,
          BlockStore(
            output: step.gates + column, stride: 4 * Extent.lanes,
            columns: 4 * units - column > Extent.lanes ? Extent.panel : Extent.lanes, scale: 1,
            accumulate: false))
        column += Extent.panel
        panel += depth * Extent.panel
      }
      updateCells(tile, step, unit, units)
      unit += units
    }
    swap(&step.state, &step.next)
  }
}

/// The state before the first step, hidden state masked.
private func loadState(_ tile: RecurrentForwardTile, _ step: ForwardStep) {
  let layer = tile.layer
  clear(step.state, 2 * tile.rows.count * step.stateStride)
  for n in tile.rows {
    let cell = tile.cellState + n * step.cellStride
    clear(cell, step.cellStride)
    if let initial = layer.initialCell {
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

/// Activates the gates of `units` units from `unit` on, and updates cells and hidden states.
@inline(never)
private func updateCells(
  _ tile: RecurrentForwardTile, _ step: ForwardStep, _ unit: Int, _ units: Int
) {
  let layer = tile.layer
  let hidden = layer.hidden
  let isWhole = units == Extent.lanes
  let bias = tile.bias + unit
  var bi = load(bias)
  var bf = load(bias + hidden)
  var bg = load(bias + 2 * hidden)
  var bo = load(bias + 3 * hidden)
  for r in 0..<tile.rows.count {
    let n = tile.rows.lowerBound + r
    let row = step.t * layer.batch + n
    let output = layer.output.start + row * layer.output.stride + unit
    let next = step.next + r * step.stateStride + unit
    if let lengths = layer.lengths, step.t >= Int(lengths[n]) {
      clear(output, units)
      store(load(step.state + r * step.stateStride + unit), next)
      continue
    }
    if let rows = tile.biasRows {
      let bias = bias + Int(rows[row]) * 4 * hidden
      bi = load(bias)
      bf = load(bias + hidden)
      bg = load(bias + 2 * hidden)
      bo = load(bias + 3 * hidden)
    }
    let z = step.gates + r * 4 * Extent.lanes
    let i = sigmoid(load(z) + bi)
    let f = sigmoid(load(z + units) + bf)
    let g = tanh(load(z + 2 * units) + bg)
    let o = sigmoid(load(z + 3 * units) + bo)
    let cell = tile.cellState + n * step.cellStride + unit
    let c = multiplyAdd(f, load(cell), i * g)
    store(c, cell)
    let h = o * tanh(c)
    if let mask = layer.mask {
      store(h * load(mask + n * hidden + unit), next)
    } else {
      store(h, next)
    }
    if isWhole {
      store(h, output)
      if let cells = tile.cells { store(c, cells + row * hidden + unit) }
      if let gates = tile.gates {
        let to = gates + row * 4 * hidden + unit
        store(i, to)
        store(f, to + hidden)
        store(g, to + 2 * hidden)
        store(o, to + 3 * hidden)
      }
    } else {
      let scrap = step.scrap
      store(h, scrap + 4 * Extent.lanes)
      moveScrap(scrap + 4 * Extent.lanes, output, units)
      if let cells = tile.cells { moveScrap(cell, cells + row * hidden + unit, units) }
      if let gates = tile.gates {
        store(i, scrap)
        store(f, scrap + Extent.lanes)
        store(g, scrap + 2 * Extent.lanes)
        store(o, scrap + 3 * Extent.lanes)
        let to = gates + row * 4 * hidden + unit
        for gate in 0..<4 { moveScrap(scrap + gate * Extent.lanes, to + gate * hidden, units) }
      }
    }
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
