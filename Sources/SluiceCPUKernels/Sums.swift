import SluiceCPUInterface

extension Kernels {
  package static func sumOverSteps(
    _ input: FloatRows, steps: Int, batch: Int, into output: FloatRows, columns: Int,
    rows: Range<Int>, accumulate: Bool
  ) {
    for n in rows {
      let to = output.start + n * output.stride
      var j = 0
      while j < columns {
        var total = Lanes()
        var from = input.start + n * input.stride + j
        for _ in 0..<steps {
          total += load(from)
          from += batch * input.stride
        }
        if accumulate { total += load(to + j) }
        store(total, to + j, columns - j)
        j += Extent.lanes
      }
    }
  }

  /// Four vectors of columns at a time, so that their additions overlap.
  package static func columnSum(
    _ input: FloatRows, rows: Range<Int>, columns: Int, into output: Floats, accumulate: Bool
  ) {
    var j = 0
    while j < columns {
      var a = Lanes(), b = Lanes(), c = Lanes(), d = Lanes()
      let from = input.start + j
      let vectors = (min(4 * Extent.lanes, columns - j) + Extent.lanes - 1) / Extent.lanes
      if vectors == 4 {
        for r in rows {
          let p = from + r * input.stride
          a += load(p)
          b += load(p + Extent.lanes)
          c += load(p + 2 * Extent.lanes)
          d += load(p + 3 * Extent.lanes)
        }
      } else {
        for r in rows {
          let p = from + r * input.stride
          a += load(p)
          if vectors > 1 { b += load(p + Extent.lanes) }
          if vectors > 2 { c += load(p + 2 * Extent.lanes) }
        }
      }
      addUp(a, output, j, columns, accumulate)
      addUp(b, output, j + Extent.lanes, columns, accumulate)
      addUp(c, output, j + 2 * Extent.lanes, columns, accumulate)
      addUp(d, output, j + 3 * Extent.lanes, columns, accumulate)
      j += 4 * Extent.lanes
    }
  }

  @inline(__always)
  private static func addUp(
    _ value: Lanes, _ output: Floats, _ j: Int, _ columns: Int, _ accumulate: Bool
  ) {
    guard j < columns else { return }
    store(accumulate ? load(output + j) + value : value, output + j, columns - j)
  }

  package static func sumOfSquares(_ start: Floats, _ count: Int) -> Double {
    var total = 0.0
    var begin = 0
    while begin < count {
      let end = min(begin + 1024, count)
      var a = Lanes(), b = Lanes(), c = Lanes(), d = Lanes()
      var j = begin
      while j + 4 * Extent.lanes <= end {
        let p = start + j
        a = multiplyAdd(load(p), load(p), a)
        b = multiplyAdd(load(p + Extent.lanes), load(p + Extent.lanes), b)
        c = multiplyAdd(load(p + 2 * Extent.lanes), load(p + 2 * Extent.lanes), c)
        d = multiplyAdd(load(p + 3 * Extent.lanes), load(p + 3 * Extent.lanes), d)
        j += 4 * Extent.lanes
      }
      let lanes = (a + b) + (c + d)
      for lane in 0..<Extent.lanes { total += Double(lanes[lane]) }
      while j < end {
        total += Double(start[j]) * Double(start[j])
        j += 1
      }
      begin = end
    }
    return total
  }

  package static func sumRows(
    _ input: FloatRows, positions: Integers, starts: Integers, into output: FloatRows,
    columns: Int, rows: Range<Int>
  ) {
    for u in rows {
      let first = positions + Int(starts[u])
      let count = Int(starts[u + 1]) - Int(starts[u])
      let to = output.start + u * output.stride
      var j = 0
      while j + 8 * Extent.lanes <= columns {
        sumEightVectors(FloatRows(input.start + j, stride: input.stride), first, count, to + j)
        j += 8 * Extent.lanes
      }
      while j < columns {
        var total = Lanes()
        for i in 0..<count { total += load(input.start + Int(first[i]) * input.stride + j) }
        store(total, to + j, columns - j)
        j += Extent.lanes
      }
    }
  }
}

/// Sums that stay in registers: rows far apart are then fetched while others are added.
@inline(never)
private func sumEightVectors(_ rows: FloatRows, _ positions: Integers, _ count: Int, _ to: Floats) {
  let lanes = Extent.lanes
  var a = Lanes(), b = Lanes(), c = Lanes(), d = Lanes()
  var e = Lanes(), f = Lanes(), g = Lanes(), h = Lanes()
  for i in 0..<count {
    let p = rows.start + Int(positions[i]) * rows.stride
    a += load(p)
    b += load(p + lanes)
    c += load(p + 2 * lanes)
    d += load(p + 3 * lanes)
    e += load(p + 4 * lanes)
    f += load(p + 5 * lanes)
    g += load(p + 6 * lanes)
    h += load(p + 7 * lanes)
  }
  store(a, to)
  store(b, to + lanes)
  store(c, to + 2 * lanes)
  store(d, to + 3 * lanes)
  store(e, to + 4 * lanes)
  store(f, to + 5 * lanes)
  store(g, to + 6 * lanes)
  store(h, to + 7 * lanes)
}
