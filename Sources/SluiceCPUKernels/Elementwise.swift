import SluiceCPUInterface

func fill(_ tile: FillTile) {
  for r in tile.rows {
    let p = tile.output.start + r * tile.output.stride
    var j = 0
    while j < tile.columns {
      store(broadcast(tile.value), p + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

func copy(_ tile: CopyTile) {
  for r in tile.rows {
    let from = tile.input.start + r % tile.inputRows * tile.input.stride
    let to = tile.output.start + r * tile.output.stride
    var j = 0
    while j < tile.columns {
      let value = load(from + j)
      store(tile.accumulate ? load(to + j) + value : value, to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

func combine(_ tile: CombineTile) {
  let inputScale = broadcast(tile.inputScale)
  let outputScale = broadcast(tile.outputScale)
  var j = 0
  while j < tile.count {
    var value = load(tile.input + j) * inputScale
    // A scale of zero overwrites: what stood there, NaN too, does not matter.
    if tile.outputScale != 0 { value = multiplyAdd(load(tile.output + j), outputScale, value) }
    store(value, tile.output + j, tile.count - j)
    j += Extent.lanes
  }
}

func activate(_ tile: ActivationTile) {
  for r in tile.rows {
    evaluate(
      tile.function, tile.input.start + r * tile.input.stride,
      tile.output.start + r * tile.output.stride, tile.columns)
  }
}

func differentiate(_ tile: ActivationGradientTile) {
  switch tile.function {
  case .sigmoid: differentiateSigmoid(tile)
  case .tanh: differentiateTanh(tile)
  case .relu: differentiateRectified(tile)
  case .exponential: differentiate(tile) { y, d in d * y }
  case .squareRoot: differentiate(tile) { y, d in d * broadcast(0.5) / y }
  case .logarithm, .logarithmOfOnePlus: differentiateLogarithm(tile)
  case .identity: differentiate(tile) { _, d in d }
  }
}

@inline(never)
private func differentiateSigmoid(_ tile: ActivationGradientTile) {
  differentiate(tile) { y, d in d * (y * (broadcast(1) - y)) }
}

@inline(never)
private func differentiateTanh(_ tile: ActivationGradientTile) {
  differentiate(tile) { y, d in d * (broadcast(1) - y * y) }
}

@inline(never)
private func differentiateRectified(_ tile: ActivationGradientTile) {
  differentiate(tile) { y, d in select(y .<= broadcast(0), broadcast(0), d) }
}

/// 1 / x = e^−log x, and 1 / (1 + x) alike.
@inline(never)
private func differentiateLogarithm(_ tile: ActivationGradientTile) {
  differentiate(tile) { y, d in d * exponential(broadcast(0) - y) }
}

@inline(always)
private func differentiate(_ tile: ActivationGradientTile, _ body: (Lanes, Lanes) -> Lanes) {
  for r in tile.rows {
    let y = tile.output.start + r * tile.output.stride
    let d = tile.outputGradient.start + r * tile.outputGradient.stride
    let to = tile.inputGradient.start + r * tile.inputGradient.stride
    var j = 0
    while j < tile.columns {
      var value = body(load(y + j), load(d + j))
      if tile.accumulate { value += load(to + j) }
      store(value, to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

func sumOverSteps(_ tile: StepSumTile) {
  for n in tile.rows {
    let to = tile.output.start + n * tile.output.stride
    var j = 0
    while j < tile.columns {
      var total = Lanes()
      var from = tile.input.start + n * tile.input.stride + j
      for _ in 0..<tile.steps {
        total += load(from)
        from += tile.batch * tile.input.stride
      }
      if tile.accumulate { total += load(to + j) }
      store(total, to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

/// Four vectors of columns at a time, so that their additions overlap.
func columnSum(_ tile: ColumnSumTile) {
  var j = 0
  while j < tile.columns {
    var a = Lanes(), b = Lanes(), c = Lanes(), d = Lanes()
    let from = tile.input.start + j
    let vectors = (min(4 * Extent.lanes, tile.columns - j) + Extent.lanes - 1) / Extent.lanes
    if vectors == 4 {
      for r in tile.rows {
        let p = from + r * tile.input.stride
        a += load(p)
        b += load(p + Extent.lanes)
        c += load(p + 2 * Extent.lanes)
        d += load(p + 3 * Extent.lanes)
      }
    } else {
      for r in tile.rows {
        let p = from + r * tile.input.stride
        a += load(p)
        if vectors > 1 { b += load(p + Extent.lanes) }
        if vectors > 2 { c += load(p + 2 * Extent.lanes) }
      }
    }
    add(a, tile, j)
    add(b, tile, j + Extent.lanes)
    add(c, tile, j + 2 * Extent.lanes)
    add(d, tile, j + 3 * Extent.lanes)
    j += 4 * Extent.lanes
  }
}

@inline(__always)
private func add(_ value: Lanes, _ tile: ColumnSumTile, _ j: Int) {
  guard j < tile.columns else { return }
  let to = tile.output + j
  store(tile.accumulate ? load(to) + value : value, to, tile.columns - j)
}

/// Σ x² of a run: lanes in single precision over short stretches, these in double.
func sumOfSquares(_ start: Floats, _ count: Int) -> Double {
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
