import SluiceCPUInterface

/// How the columns of the gates' product are laid out in panels.
enum GateLayout {
  /// Panels of `hidden` units.
  @inline(__always)
  static func panels(_ hidden: Int) -> Int {
    let rest = hidden % Extent.lanes
    return hidden / Extent.lanes * 2 + (4 * rest + Extent.panel - 1) / Extent.panel
  }

  /// The row of the weights that a column of a panel holds; nil past the last.
  @inline(__always)
  static func row(panel: Int, column: Int, hidden: Int) -> Int? {
    let whole = hidden / Extent.lanes
    if panel < 2 * whole {
      let gate = panel % 2 * 2 + column / Extent.lanes
      return gate * hidden + panel / 2 * Extent.lanes + column % Extent.lanes
    }
    let rest = hidden % Extent.lanes
    let index = (panel - 2 * whole) * Extent.panel + column
    if index >= 4 * rest { return nil }
    return index / rest * hidden + whole * Extent.lanes + index % rest
  }
}

func packGates(_ tile: GatePackTile) {
  let depth = tile.hidden + tile.input
  for panel in tile.panels {
    let target = tile.destination + panel * depth * Extent.panel
    for column in 0..<Extent.panel {
      let to = target + column
      guard let row = GateLayout.row(panel: panel, column: column, hidden: tile.hidden) else {
        for k in 0..<depth { to[k * Extent.panel] = 0 }
        continue
      }
      let hidden = tile.hiddenWeights + row * tile.hidden
      for k in 0..<tile.hidden { to[k * Extent.panel] = hidden[k] }
      let rest = to + tile.hidden * Extent.panel
      let input = tile.inputWeights + row * tile.input
      for k in 0..<tile.input { rest[k * Extent.panel] = input[k] }
    }
  }
}

func packBeside(_ tile: BesidePackTile) {
  let columns = tile.leftColumns + (tile.right == nil ? 0 : tile.rightColumns)
  let step = tile.depth * Extent.panel
  for k in tile.depthRange {
    let to = tile.destination + k * Extent.panel
    scatter(tile.left + k * tile.leftColumns, tile.leftColumns, to, step, 0)
    if let right = tile.right {
      scatter(right + k * tile.rightColumns, tile.rightColumns, to, step, tile.leftColumns)
    }
    var j = columns
    while j % Extent.panel != 0 {
      to[j / Extent.panel * step + j % Extent.panel] = 0
      j += 1
    }
  }
}

/// A row of `count` elements, from a column on, cut into panels.
@inline(__always)
private func scatter(_ source: Floats, _ count: Int, _ target: Floats, _ step: Int, _ column: Int) {
  var j = 0
  while j < count {
    let at = (column + j) % Extent.panel
    let to = target + (column + j) / Extent.panel * step + at
    if at + Extent.lanes <= Extent.panel && j + Extent.lanes <= count {
      store(load(source + j), to)
      j += Extent.lanes
    } else {
      to[0] = source[j]
      j += 1
    }
  }
}
