import SluiceCPUInterface

/// i, f, o = σ(·), g = tanh(·), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c).
enum LSTMKernels: CellKernels {
  static var hasCellState: Bool { true }

  @inline(always)
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes {
    let i = sigmoid(load(sums) + load(bias))
    let f = sigmoid(load(sums + sumStride) + load(bias + biasStride))
    let g = tanh(load(sums + 2 * sumStride) + load(bias + 2 * biasStride))
    let o = sigmoid(load(sums + 3 * sumStride) + load(bias + 3 * biasStride))
    let c = multiplyAdd(f, load(state), i * g)
    store(c, state)
    kept = KeptBlocks(first: i, second: f, third: g, fourth: o)
    return o * tanh(c)
  }

  @inline(never)
  static func differentiate(_ row: BackwardRow) {
    let hidden = row.hidden
    let one = broadcast(1)
    var j = (hidden - 1) / Extent.lanes * Extent.lanes
    while j >= 0 {
      let kept = row.kept + j
      let i = load(kept)
      let f = load(kept + hidden)
      let g = load(kept + 2 * hidden)
      let o = load(kept + 3 * hidden)
      let tc = tanh(load(row.cell + j))
      let dh = load(row.hiddenGradient + j) + load(row.output + j)
      let dc = multiplyAdd(dh * o, one - tc * tc, load(row.carried + j))
      let to = row.gradients + j
      store(dc * g * (i * (one - i)), to)
      store(dc * load(row.previous + j) * (f * (one - f)), to + hidden)
      store(dc * i * (one - g * g), to + 2 * hidden)
      store(dh * tc * (o * (one - o)), to + 3 * hidden)
      store(dc * f, row.carried + j)
      store(Lanes(), row.hiddenGradient + j)
      j -= Extent.lanes
    }
  }
}
