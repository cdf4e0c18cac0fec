import SluiceCPUInterface

/// h = the activation of the sum. Kept: h.
enum RNNKernels<Activation: PlainActivation>: CellKernels {
  static var hasCellState: Bool { false }

  @inline(always)
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes {
    let h = Activation.of(load(sums) + load(bias))
    kept.first = h
    return h
  }

  @inline(never)
  static func differentiate(_ row: BackwardRow) {
    var j = (row.hidden - 1) / Extent.lanes * Extent.lanes
    while j >= 0 {
      let dh = load(row.hiddenGradient + j) + load(row.output + j)
      store(Activation.gradient(h: load(row.kept + j), dh), row.gradients + j)
      store(Lanes(), row.hiddenGradient + j)
      j -= Extent.lanes
    }
  }
}

/// A function whose slope follows from its value.
protocol PlainActivation {
  static func of(_ sum: Lanes) -> Lanes

  /// The gradient of the sum, given the value and its gradient.
  static func gradient(h: Lanes, _ dh: Lanes) -> Lanes
}

enum Tanh: PlainActivation {
  @inline(always)
  static func of(_ sum: Lanes) -> Lanes { tanh(sum) }

  @inline(always)
  static func gradient(h: Lanes, _ dh: Lanes) -> Lanes { dh * (broadcast(1) - h * h) }
}

enum Rectifier: PlainActivation {
  @inline(always)
  static func of(_ sum: Lanes) -> Lanes { rectified(sum) }

  @inline(always)
  static func gradient(h: Lanes, _ dh: Lanes) -> Lanes { select(h .> Lanes(), dh, Lanes()) }
}
