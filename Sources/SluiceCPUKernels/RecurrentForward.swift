import SluiceCPUInterface

/// A tile of batch rows through a range of steps: product, gates, cell and state, step by step.
func recurrentForward(_ tile: RecurrentForwardTile) {
  withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 5) { vectors in
    guard let scrap = UnsafeMutableRawPointer(vectors.baseAddress) else { return }
    recurrentForward(tile, scrap.assumingMemoryBound(to: Float.self))
  }
}

private func recurrentForward(_ tile: RecurrentForwardTile, _ scrap: Floats) {
  let stateStride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
  for s in tile.stepRange {
    let t = tile.reverse ? tile.steps - 1 - s : s
    guard isAnyActive(tile.lengths, tile.rows, t) else {
      for n in tile.rows {
        clear(tile.output.start + (t * tile.batch + n) * tile.output.stride, tile.hidden)
      }
      continue
    }
    if let panels = tile.panels, s > 0 || tile.initialHidden != nil {
      addHiddenProduct(tile, panels, t, stateStride)
    }
    for n in tile.rows {
      let row = t * tile.batch + n
      let output = tile.output.start + row * tile.output.stride
      if let lengths = tile.lengths, t >= Int(lengths[n]) {
        clear(output, tile.hidden)
      } else {
        updateCell(
          gates: tile.gates + row * 4 * tile.hidden, output: output,
          cells: tile.cells.map { $0 + row * tile.hidden },
          mask: tile.mask.map { $0 + n * tile.hidden },
          hiddenState: tile.hiddenState + n * stateStride,
          cellState: tile.cellState + n * stateStride, hidden: tile.hidden, scrap: scrap)
      }
    }
  }
}

/// gates_t += h · W_hhᵀ for the tile's rows. Panels are the outer loop: each is read once a step.
@inline(__always)
private func addHiddenProduct(
  _ tile: RecurrentForwardTile, _ panels: Floats, _ t: Int, _ stateStride: Int
) {
  let width = 4 * tile.hidden
  let gates = tile.gates + (t * tile.batch + tile.rows.lowerBound) * width
  let state = tile.hiddenState + tile.rows.lowerBound * stateStride
  var column = 0
  var panel = panels
  while column < width {
    productRows(
      state, stateStride, panel, tile.hidden, tile.rows.count,
      BlockStore(
        output: gates + column, stride: width, columns: min(Extent.panel, width - column),
        scale: 1, accumulate: true))
    column += Extent.panel
    panel += tile.hidden * Extent.panel
  }
}

/// Activates one row's gates and updates its cell and hidden state. Where the row ends within a
/// vector, the last vectors go to `scrap` first.
@inline(never)
private func updateCell(
  gates: Floats, output: Floats, cells: Floats?, mask: Floats?, hiddenState: Floats,
  cellState: Floats, hidden: Int, scrap: Floats
) {
  var j = 0
  while j < hidden {
    let isWhole = hidden - j >= Extent.lanes
    let to = isWhole ? gates + j : scrap
    let gap = isWhole ? hidden : Extent.lanes
    let i = sigmoid(load(gates + j))
    let g = tanh(load(gates + 2 * hidden + j))
    store(i, to)
    store(g, to + 2 * gap)
    let f = sigmoid(load(gates + hidden + j))
    store(f, to + gap)
    let c = multiplyAdd(f, load(cellState + j), i * g)
    store(c, cellState + j)
    let o = sigmoid(load(gates + 3 * hidden + j))
    store(o, to + 3 * gap)
    let h = o * tanh(c)
    store(h, isWhole ? output + j : scrap + 4 * Extent.lanes)
    if isWhole, let cells { store(c, cells + j) }
    if let mask {
      store(h * load(mask + j), hiddenState + j)
    } else {
      store(h, hiddenState + j)
    }
    if !isWhole {
      for gate in 0..<4 {
        moveScrap(scrap + gate * Extent.lanes, gates + gate * hidden + j, hidden - j)
      }
      moveScrap(scrap + 4 * Extent.lanes, output + j, hidden - j)
      if let cells { moveScrap(cellState + j, cells + j, hidden - j) }
    }
    j += Extent.lanes
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
