import SluiceCPUInterface

/// r, z = σ(·), n = tanh(W_in·x + b_in + r ⊙ q), h = (1 − z) ⊙ n + z ⊙ h. Kept: r, z, n, q.
enum GRUKernels: CellKernels {
  static var hasCellState: Bool { false }

  @inline(always)
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes {
    let r = sigmoid(load(sums) + load(bias))
    let z = sigmoid(load(sums + sumStride) + load(bias + biasStride))
    let q = load(sums + 3 * sumStride) + load(bias + 3 * biasStride)
    let n = tanh(multiplyAdd(r, q, load(sums + 2 * sumStride) + load(bias + 2 * biasStride)))
    let h = multiplyAdd(z, load(state) - n, n)
    store(h, state)
    kept = KeptBlocks(first: r, second: z, third: n, fourth: q)
    return h
  }

  @inline(never)
  static func differentiate(_ row: BackwardRow) {
    let hidden = row.hidden
    let one = broadcast(1)
    var j = (hidden - 1) / Extent.lanes * Extent.lanes
    while j >= 0 {
      let kept = row.kept + j
      let r = load(kept)
      let z = load(kept + hidden)
      let n = load(kept + 2 * hidden)
      let q = load(kept + 3 * hidden)
      let dh = (load(row.hiddenGradient + j) + load(row.carried + j)) + load(row.output + j)
      let dn = dh * (one - z) * (one - n * n)
      let to = row.gradients + j
      store(dn * r, to)
      store(dn * q * (r * (one - r)), to + hidden)
      store(dh * (load(row.previous + j) - n) * (z * (one - z)), to + 2 * hidden)
      store(dn, to + 3 * hidden)
      store(dh * z, row.carried + j)
      store(Lanes(), row.hiddenGradient + j)
      j -= Extent.lanes
    }
  }
}
