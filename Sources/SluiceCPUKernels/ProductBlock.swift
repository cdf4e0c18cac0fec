import SluiceCPUInterface

// The inner loop of every product: a block of rows × one panel, summed over K in registers.
// Each element is a chain of multiply-adds in the order of k, whatever block it falls into.

/// Eight rows × two vectors: sixteen accumulators.
@inline(never)
func block8x2(
  _ left: Floats, _ rowStride: Int, _ depthStride: Int, _ panel: Floats, _ depth: Int,
  _ out: BlockStore
) {
  var a0 = Lanes(), a1 = Lanes(), a2 = Lanes(), a3 = Lanes()
  var a4 = Lanes(), a5 = Lanes(), a6 = Lanes(), a7 = Lanes()
  var b0 = Lanes(), b1 = Lanes(), b2 = Lanes(), b3 = Lanes()
  var b4 = Lanes(), b5 = Lanes(), b6 = Lanes(), b7 = Lanes()
  let l4 = left + 4 * rowStride
  var p = panel
  for k in 0..<depth {
    let low = load(p)
    let high = load(p + Extent.lanes)
    p += Extent.panel
    let i = k * depthStride
    let x0 = broadcast(left[i])
    a0 = multiplyAdd(x0, low, a0)
    b0 = multiplyAdd(x0, high, b0)
    let x1 = broadcast(left[i + rowStride])
    a1 = multiplyAdd(x1, low, a1)
    b1 = multiplyAdd(x1, high, b1)
    let x2 = broadcast(left[i + 2 * rowStride])
    a2 = multiplyAdd(x2, low, a2)
    b2 = multiplyAdd(x2, high, b2)
    let x3 = broadcast(left[i + 3 * rowStride])
    a3 = multiplyAdd(x3, low, a3)
    b3 = multiplyAdd(x3, high, b3)
    let x4 = broadcast(l4[i])
    a4 = multiplyAdd(x4, low, a4)
    b4 = multiplyAdd(x4, high, b4)
    let x5 = broadcast(l4[i + rowStride])
    a5 = multiplyAdd(x5, low, a5)
    b5 = multiplyAdd(x5, high, b5)
    let x6 = broadcast(l4[i + 2 * rowStride])
    a6 = multiplyAdd(x6, low, a6)
    b6 = multiplyAdd(x6, high, b6)
    let x7 = broadcast(l4[i + 3 * rowStride])
    a7 = multiplyAdd(x7, low, a7)
    b7 = multiplyAdd(x7, high, b7)
  }
  out.row(0, a0, b0)
  out.row(1, a1, b1)
  out.row(2, a2, b2)
  out.row(3, a3, b3)
  out.row(4, a4, b4)
  out.row(5, a5, b5)
  out.row(6, a6, b6)
  out.row(7, a7, b7)
}

/// Eight rows × one vector.
@inline(never)
func block8x1(
  _ left: Floats, _ rowStride: Int, _ depthStride: Int, _ panel: Floats, _ depth: Int,
  _ out: BlockStore
) {
  var a0 = Lanes(), a1 = Lanes(), a2 = Lanes(), a3 = Lanes()
  var a4 = Lanes(), a5 = Lanes(), a6 = Lanes(), a7 = Lanes()
  let l4 = left + 4 * rowStride
  var p = panel
  for k in 0..<depth {
    let low = load(p)
    p += Extent.panel
    let i = k * depthStride
    a0 = multiplyAdd(broadcast(left[i]), low, a0)
    a1 = multiplyAdd(broadcast(left[i + rowStride]), low, a1)
    a2 = multiplyAdd(broadcast(left[i + 2 * rowStride]), low, a2)
    a3 = multiplyAdd(broadcast(left[i + 3 * rowStride]), low, a3)
    a4 = multiplyAdd(broadcast(l4[i]), low, a4)
    a5 = multiplyAdd(broadcast(l4[i + rowStride]), low, a5)
    a6 = multiplyAdd(broadcast(l4[i + 2 * rowStride]), low, a6)
    a7 = multiplyAdd(broadcast(l4[i + 3 * rowStride]), low, a7)
  }
  out.row(0, a0)
  out.row(1, a1)
  out.row(2, a2)
  out.row(3, a3)
  out.row(4, a4)
  out.row(5, a5)
  out.row(6, a6)
  out.row(7, a7)
}

/// Four rows × two vectors.
@inline(never)
func block4x2(
  _ left: Floats, _ rowStride: Int, _ depthStride: Int, _ panel: Floats, _ depth: Int,
  _ out: BlockStore
) {
  var a0 = Lanes(), a1 = Lanes(), a2 = Lanes(), a3 = Lanes()
  var b0 = Lanes(), b1 = Lanes(), b2 = Lanes(), b3 = Lanes()
  var p = panel
  for k in 0..<depth {
    let low = load(p)
    let high = load(p + Extent.lanes)
    p += Extent.panel
    let i = k * depthStride
    let x0 = broadcast(left[i])
    a0 = multiplyAdd(x0, low, a0)
    b0 = multiplyAdd(x0, high, b0)
    let x1 = broadcast(left[i + rowStride])
    a1 = multiplyAdd(x1, low, a1)
    b1 = multiplyAdd(x1, high, b1)
    let x2 = broadcast(left[i + 2 * rowStride])
    a2 = multiplyAdd(x2, low, a2)
    b2 = multiplyAdd(x2, high, b2)
    let x3 = broadcast(left[i + 3 * rowStride])
    a3 = multiplyAdd(x3, low, a3)
    b3 = multiplyAdd(x3, high, b3)
  }
  out.row(0, a0, b0)
  out.row(1, a1, b1)
  out.row(2, a2, b2)
  out.row(3, a3, b3)
}

/// Four rows × one vector.
@inline(never)
func block4x1(
  _ left: Floats, _ rowStride: Int, _ depthStride: Int, _ panel: Floats, _ depth: Int,
  _ out: BlockStore
) {
  var a0 = Lanes(), a1 = Lanes(), a2 = Lanes(), a3 = Lanes()
  var p = panel
  for k in 0..<depth {
    let low = load(p)
    p += Extent.panel
    let i = k * depthStride
    a0 = multiplyAdd(broadcast(left[i]), low, a0)
    a1 = multiplyAdd(broadcast(left[i + rowStride]), low, a1)
    a2 = multiplyAdd(broadcast(left[i + 2 * rowStride]), low, a2)
    a3 = multiplyAdd(broadcast(left[i + 3 * rowStride]), low, a3)
  }
  out.row(0, a0)
  out.row(1, a1)
  out.row(2, a2)
  out.row(3, a3)
}

/// One row × one vector.
@inline(never)
func block1x1(
  _ left: Floats, _ depthStride: Int, _ panel: Floats, _ depth: Int, _ out: BlockStore
) {
  var a = Lanes()
  var p = panel
  for k in 0..<depth {
    a = multiplyAdd(broadcast(left[k * depthStride]), load(p), a)
    p += Extent.panel
  }
  out.row(0, a)
}

/// One row × two vectors.
@inline(never)
func block1x2(
  _ left: Floats, _ depthStride: Int, _ panel: Floats, _ depth: Int, _ out: BlockStore
) {
  var a = Lanes()
  var b = Lanes()
  var p = panel
  for k in 0..<depth {
    let x = broadcast(left[k * depthStride])
    a = multiplyAdd(x, load(p), a)
    b = multiplyAdd(x, load(p + Extent.lanes), b)
    p += Extent.panel
  }
  out.row(0, a, b)
}

/// `rows` rows × one panel, `rows` any number; the left matrix has unit stride along K.
@inline(__always)
func productRows(
  _ left: Floats, _ rowStride: Int, _ panel: Floats, _ depth: Int, _ rows: Int, _ out: BlockStore
) {
  if out.isWhole { return wholeRows(left, rowStride, panel, depth, rows, out) }
  var out = out
  var row = 0
  while row < rows {
    let count = min(8, rows - row)
    out.withScrap(rows: count) {
      wholeRows(left + row * rowStride, rowStride, panel, depth, count, $0)
    }
    out.output += count * out.stride
    row += count
  }
}

@inline(never)
private func wholeRows(
  _ left: Floats, _ rowStride: Int, _ panel: Floats, _ depth: Int, _ rows: Int, _ out: BlockStore
) {
  var out = out
  var left = left
  var remaining = rows
  #if AVX512 || arch(arm64)
    while remaining >= 8 {
      if out.columns > Extent.lanes {
        block8x2(left, rowStride, 1, panel, depth, out)
      } else {
        block8x1(left, rowStride, 1, panel, depth, out)
      }
      left += 8 * rowStride
      out.output += 8 * out.stride
      remaining -= 8
    }
  #endif
  while remaining >= 4 {
    if out.columns > Extent.lanes {
      block4x2(left, rowStride, 1, panel, depth, out)
    } else {
      block4x1(left, rowStride, 1, panel, depth, out)
    }
    left += 4 * rowStride
    out.output += 4 * out.stride
    remaining -= 4
  }
  while remaining > 0 {
    oneRow(left, 1, panel, depth, out)
    left += rowStride
    out.output += out.stride
    remaining -= 1
  }
}

@inline(__always)
private func oneRow(
  _ left: Floats, _ depthStride: Int, _ panel: Floats, _ depth: Int, _ out: BlockStore
) {
  if out.columns > Extent.lanes {
    block1x2(left, depthStride, panel, depth, out)
  } else {
    block1x1(left, depthStride, panel, depth, out)
  }
}

/// A block of ``Extent/rows`` packed rows, `[K][rows]`, × one panel; the first `rows` are stored.
@inline(__always)
func productPacked(
  _ left: Floats, _ panel: Floats, _ depth: Int, _ rows: Int, _ out: BlockStore
) {
  if out.isWhole { return wholePacked(left, panel, depth, rows, out) }
  out.withScrap(rows: rows) { wholePacked(left, panel, depth, rows, $0) }
}

@inline(never)
private func wholePacked(
  _ left: Floats, _ panel: Floats, _ depth: Int, _ rows: Int, _ out: BlockStore
) {
  if rows == Extent.rows {
    #if AVX512 || arch(arm64)
      if out.columns > Extent.lanes {
        block8x2(left, 1, 8, panel, depth, out)
      } else {
        block8x1(left, 1, 8, panel, depth, out)
      }
    #else
      if out.columns > Extent.lanes {
        block4x2(left, 1, 4, panel, depth, out)
      } else {
        block4x1(left, 1, 4, panel, depth, out)
      }
    #endif
    return
  }
  var out = out
  for r in 0..<rows {
    oneRow(left + r, Extent.rows, panel, depth, out)
    out.output += out.stride
  }
}

/// Four or eight rows, which lie side by side along the left matrix's K, × one panel.
@inline(never)
func productColumns(
  _ left: Floats, _ depthStride: Int, _ panel: Floats, _ depth: Int, _ rows: Int, _ out: BlockStore
) {
  let isWide = out.columns > Extent.lanes
  #if AVX512 || arch(arm64)
    if rows == 8 {
      if isWide {
        block8x2(left, 1, depthStride, panel, depth, out)
      } else {
        block8x1(left, 1, depthStride, panel, depth, out)
      }
      return
    }
  #endif
  if isWide {
    block4x2(left, 1, depthStride, panel, depth, out)
  } else {
    block4x1(left, 1, depthStride, panel, depth, out)
  }
}
