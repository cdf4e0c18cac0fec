import SluiceCPUInterface

/// The reversed recurrence of a tile of batch rows: overwrites gates with their gradients.
func recurrentBackward(_ tile: RecurrentBackwardTile) {
  let stateStride = RecurrentForwardTile.stateStride(hidden: tile.hidden)
  let zeros = tile.scratch + 4 * Extent.lanes
  clear(zeros, tile.hidden)
  for s in tile.stepRange {
    let t = tile.reverse ? s : tile.steps - 1 - s
    let isLast = s == tile.steps - 1
    guard isAnyActive(tile.lengths, tile.rows, t) else {
      for n in tile.rows {
        clear(tile.gates + (t * tile.batch + n) * 4 * tile.hidden, 4 * tile.hidden)
      }
      continue
    }
    for n in tile.rows {
      let row = t * tile.batch + n
      let gates = tile.gates + row * 4 * tile.hidden
      if let lengths = tile.lengths, t >= Int(lengths[n]) {
        clear(gates, 4 * tile.hidden)
      } else {
        differentiateCell(
          gates: gates, cell: tile.cells + row * tile.hidden,
          previous: previousCell(tile, t, n) ?? zeros,
          outputGradient: tile.outputGradient.map { $0.start + row * $0.stride },
          hiddenGradient: tile.hiddenGradient + n * stateStride,
          cellGradient: tile.cellGradient + n * stateStride, hidden: tile.hidden,
          scrap: tile.scratch)
      }
    }
    if let panels = tile.panels, !isLast || tile.needsInitialGradient {
      addHiddenGradient(tile, panels, t, stateStride)
    }
  }
}

/// The cell state that the row came from at step t; nil for zero.
@inline(__always)
private func previousCell(_ tile: RecurrentBackwardTile, _ t: Int, _ n: Int) -> Floats? {
  let previous = tile.reverse ? t + 1 : t - 1
  let end = tile.lengths.map { Int($0[n]) } ?? tile.steps
  if previous >= 0 && previous < end {
    return tile.cells + (previous * tile.batch + n) * tile.hidden
  }
  return tile.initialCell.map { $0 + n * tile.hidden }
}

/// dh += dgates · W_hh for the tile's rows. A row past its end has zero gates: its dh is held.
@inline(__always)
private func addHiddenGradient(
  _ tile: RecurrentBackwardTile, _ panels: Floats, _ t: Int, _ stateStride: Int
) {
  let width = 4 * tile.hidden
  let gates = tile.gates + (t * tile.batch + tile.rows.lowerBound) * width
  let gradient = tile.hiddenGradient + tile.rows.lowerBound * stateStride
  var column = 0
  var panel = panels
  while column < tile.hidden {
    productRows(
      gates, width, panel, width, tile.rows.count,
      BlockStore(
        // Rows of state have room for whole panels, which are zero past H.
        output: gradient + column, stride: stateStride, columns: Extent.panel, scale: 1,
        accumulate: true))
    column += Extent.panel
    panel += width * Extent.panel
  }
  maskHiddenGradient(tile, t, stateStride)
}

/// The recurrent dropout's mask on what has just come through the product.
@inline(__always)
func maskHiddenGradient(_ tile: RecurrentBackwardTile, _ t: Int, _ stateStride: Int) {
  guard let mask = tile.mask else { return }
  for n in tile.rows {
    if let lengths = tile.lengths, t >= Int(lengths[n]) { continue }
    let gradient = tile.hiddenGradient + n * stateStride
    var j = 0
    while j < tile.hidden {
      store(load(gradient + j) * load(mask + n * tile.hidden + j), gradient + j)
      j += Extent.lanes
    }
  }
}

/// One row: from activated gates to their gradients before activation. Consumes dh, renews dc.
/// Where the row ends within a vector, the last vectors go to `scrap` first.
@inline(never)
private func differentiateCell(
  gates: Floats, cell: Floats, previous: Floats, outputGradient: Floats?, hiddenGradient: Floats,
  cellGradient: Floats, hidden: Int, scrap: Floats
) {
  let one = broadcast(1)
  var j = 0
  while j < hidden {
    let isWhole = hidden - j >= Extent.lanes
    let to = isWhole ? gates + j : scrap
    let gap = isWhole ? hidden : Extent.lanes
    let i = load(gates + j)
    let f = load(gates + hidden + j)
    let g = load(gates + 2 * hidden + j)
    let o = load(gates + 3 * hidden + j)
    let tc = tanh(load(cell + j))
    var dh = load(hiddenGradient + j)
    if let outputGradient { dh += load(outputGradient + j) }
    let dc = multiplyAdd(dh * o, one - tc * tc, load(cellGradient + j))
    store(dc * g * (i * (one - i)), to)
    store(dc * load(previous + j) * (f * (one - f)), to + gap)
    store(dc * i * (one - g * g), to + 2 * gap)
    store(dh * tc * (o * (one - o)), to + 3 * gap)
    store(dc * f, cellGradient + j)
    store(Lanes(), hiddenGradient + j)
    if !isWhole {
      for gate in 0..<4 {
        moveScrap(scrap + gate * Extent.lanes, gates + gate * hidden + j, hidden - j)
      }
    }
    j += Extent.lanes
  }
}
