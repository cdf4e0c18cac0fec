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

extension Kernels {
  package static func gatePanels(_ hidden: Int) -> Int { GateLayout.panels(hidden) }

  package static func packGates(
    hiddenWeights: Floats, inputWeights: Floats, hidden: Int, input: Int, into destination: Floats,
    panels: Range<Int>
  ) {
    let depth = hidden + input
    for panel in panels {
      let target = destination + panel * depth * Extent.panel
      for column in 0..<Extent.panel {
        let to = target + column
        guard let row = GateLayout.row(panel: panel, column: column, hidden: hidden) else {
          for k in 0..<depth { to[k * Extent.panel] = 0 }
          continue
        }
        let ofHidden = hiddenWeights + row * hidden
        for k in 0..<hidden { to[k * Extent.panel] = ofHidden[k] }
        let rest = to + hidden * Extent.panel
        let ofInput = inputWeights + row * input
        for k in 0..<input { rest[k * Extent.panel] = ofInput[k] }
      }
    }
  }

  package static func packBeside(
    _ left: Floats, leftColumns: Int, _ right: Floats?, rightColumns: Int, depth: Int,
    into destination: Floats, depthRange: Range<Int>
  ) {
    let columns = leftColumns + (right == nil ? 0 : rightColumns)
    let step = depth * Extent.panel
    for k in depthRange {
      let to = destination + k * Extent.panel
      spread(left + k * leftColumns, leftColumns, to, step, 0)
      if let right { spread(right + k * rightColumns, rightColumns, to, step, leftColumns) }
      var j = columns
      while j % Extent.panel != 0 {
        to[j / Extent.panel * step + j % Extent.panel] = 0
        j += 1
      }
    }
  }
}

/// A row of `count` elements, from a column on, cut into panels.
@inline(__always)
private func spread(_ source: Floats, _ count: Int, _ target: Floats, _ step: Int, _ column: Int) {
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
