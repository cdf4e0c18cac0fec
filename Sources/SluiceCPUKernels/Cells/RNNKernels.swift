import SluiceCPUInterface

/// h = tanh(·). Kept: h.
enum RNNKernels: CellKernels {
  static var hasCellState: Bool { false }

  @inline(always)
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes {
    let h = tanh(load(sums) + load(bias))
    kept.first = h
    return h
  }

  @inline(never)
  static func differentiate(_ row: BackwardRow) {
    differentiatePlain(row) { h, dh in dh * (broadcast(1) - h * h) }
  }
}

/// h = max(·, 0). Kept: h.
enum RNNReLUKernels: CellKernels {
  static var hasCellState: Bool { false }

  @inline(always)
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes {
    let h = rectified(load(sums) + load(bias))
    kept.first = h
    return h
  }

  @inline(never)
  static func differentiate(_ row: BackwardRow) {
    differentiatePlain(row) { h, dh in select(h .> Lanes(), dh, Lanes()) }
  }
}

/// - Parameter gradient: of the sum, given h and its gradient.
@inline(always)
private func differentiatePlain(_ row: BackwardRow, _ gradient: (Lanes, Lanes) -> Lanes) {
  var j = (row.hidden - 1) / Extent.lanes * Extent.lanes
  while j >= 0 {
    let dh = load(row.hiddenGradient + j) + load(row.output + j)
    store(gradient(load(row.kept + j), dh), row.gradients + j)
    store(Lanes(), row.hiddenGradient + j)
    j -= Extent.lanes
  }
}
