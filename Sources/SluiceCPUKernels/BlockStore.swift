import SluiceCPUInterface

/// What a block's result is added to, or does, when it is stored.
struct BlockStore {
  var output: Floats
  var stride: Int
  /// Columns of the panel that exist.
  var columns: Int
  var scale: Float
  var accumulate: Bool

  /// Stores a row of two vectors whole.
  @inline(__always)
  func row(_ r: Int, _ low: Lanes, _ high: Lanes) {
    let p = output + r * stride
    let q = p + Extent.lanes
    let factor = broadcast(scale)
    if accumulate {
      store(multiplyAdd(low, factor, load(p)), p)
      store(multiplyAdd(high, factor, load(q)), q)
    } else {
      store(low * factor, p)
      store(high * factor, q)
    }
  }

  /// Stores a row of one vector whole.
  @inline(__always)
  func row(_ r: Int, _ low: Lanes) {
    let p = output + r * stride
    let factor = broadcast(scale)
    if accumulate {
      store(multiplyAdd(low, factor, load(p)), p)
    } else {
      store(low * factor, p)
    }
  }

  /// Whether rows may be stored in whole vectors.
  @inline(__always)
  var isWhole: Bool { columns == Extent.panel || columns == Extent.lanes }

  /// Calls `body` with a place for at most eight rows in whole vectors, then moves what exists of
  /// them to the output. The place is small enough, and its size known, to lie on the stack.
  @inline(__always)
  func withScrap(rows: Int, _ body: (BlockStore) -> Void) {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 16) { vectors in
      guard let start = UnsafeMutableRawPointer(vectors.baseAddress) else { return }
      let scrap = start.assumingMemoryBound(to: Float.self)
      body(
        BlockStore(
          output: scrap, stride: Extent.panel, columns: columns, scale: scale, accumulate: false))
      moveScraps(scrap, self, rows)
    }
  }
}

/// Adds or copies what exists of a block's columns to the output.
@inline(never)
private func moveScraps(_ scrap: Floats, _ out: BlockStore, _ rows: Int) {
  for r in 0..<rows {
    let from = scrap + r * Extent.panel
    let to = out.output + r * out.stride
    if out.accumulate {
      for j in 0..<out.columns { to[j] += from[j] }
    } else {
      for j in 0..<out.columns { to[j] = from[j] }
    }
  }
}
