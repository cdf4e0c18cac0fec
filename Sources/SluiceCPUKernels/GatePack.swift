import SluiceCPUInterface

extension Kernels {
  package static func gateGroups(_ hidden: Int, _ extents: CellExtents) -> Int {
    let width = extents.unitVectors * Extent.lanes
    return (hidden + width - 1) / width
  }

  package static func packedGateCount(hidden: Int, input: Int, _ extents: CellExtents) -> Int {
    let width = extents.unitVectors * Extent.lanes
    let panels =
      hidden / width * groupPanels(width, extents) + groupPanels(hidden % width, extents)
    return panels * (hidden + input) * Extent.panel
  }

  package static func packGates(
    hiddenWeights: Floats, inputWeights: Floats, hidden: Int, input: Int, _ extents: CellExtents,
    into destination: Floats, groups: Range<Int>
  ) {
    let width = extents.unitVectors * Extent.lanes
    let groupCount = groupPanels(width, extents) * (hidden + input) * Extent.panel
    for group in groups {
      let units = group * width..<min(hidden, (group + 1) * width)
      var target = destination + group * groupCount
      let joint = 0..<(extents.gates - extents.separate)
      let separate = joint.upperBound..<extents.gates
      let both = [(hiddenWeights, hidden), (inputWeights, input)]
      pack(both, gates: joint, units, of: hidden, into: &target)
      pack([both[1]], gates: separate, units, of: hidden, into: &target)
      pack([both[0]], gates: separate, units, of: hidden, into: &target)
    }
  }

  /// Panels of so many units: those of the joint gates, and those of the separate ones, which input and
  /// hidden state share.
  private static func groupPanels(_ units: Int, _ extents: CellExtents) -> Int {
    let columns = [extents.gates - extents.separate, extents.separate].map { $0 * units }
    return columns.reduce(0) { $0 + ($1 + Extent.panel - 1) / Extent.panel }
  }

  /// Some gates of some units: column by column the rows of the matrices, one below the other.
  private static func pack(
    _ matrices: [(rows: Floats, columns: Int)], gates: Range<Int>, _ units: Range<Int>,
    of hidden: Int, into target: inout Floats
  ) {
    let columns = gates.count * units.count
    var first = 0
    while first < columns {
      for lane in 0..<Extent.panel {
        let column = first + lane
        var to = target + lane
        for matrix in matrices {
          if column < columns {
            let gate = gates.lowerBound + column / units.count
            let row = gate * hidden + units.lowerBound + column % units.count
            let from = matrix.rows + row * matrix.columns
            for k in 0..<matrix.columns { to[k * Extent.panel] = from[k] }
          } else {
            for k in 0..<matrix.columns { to[k * Extent.panel] = 0 }
          }
          to += matrix.columns * Extent.panel
        }
      }
      for matrix in matrices { target += matrix.columns * Extent.panel }
      first += Extent.panel
    }
  }

  package static func packBeside(
    hiddenWeights: Floats, inputWeights: Floats?, hidden: Int, input: Int, _ extents: CellExtents,
    into destination: Floats, depthRange: Range<Int>
  ) {
    let columns = hidden + (inputWeights == nil ? 0 : input)
    let step = extents.blocks * hidden * Extent.panel
    // The hidden state's share of the separate gates comes first.
    let shift = (extents.gates - extents.separate) * hidden
    for k in depthRange {
      let to = destination + k * Extent.panel
      let ofInput = k - extents.separate * hidden
      let ofHidden = ofInput < 0 ? k + shift : ofInput
      if k < extents.gates * hidden {
        spread(hiddenWeights + ofHidden * hidden, hidden, to, step, 0)
      } else {
        spreadZeros(hidden, to, step, 0)
      }
      if let inputWeights {
        if ofInput >= 0 {
          spread(inputWeights + ofInput * input, input, to, step, hidden)
        } else {
          spreadZeros(input, to, step, hidden)
        }
      }
      let end = (columns + Extent.panel - 1) / Extent.panel * Extent.panel
      spreadZeros(end - columns, to, step, columns)
    }
  }
}

@inline(__always)
private func spreadZeros(_ count: Int, _ target: Floats, _ step: Int, _ column: Int) {
  for j in column..<(column + count) { target[j / Extent.panel * step + j % Extent.panel] = 0 }
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
