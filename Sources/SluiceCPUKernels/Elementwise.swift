import SluiceCPUInterface

extension Kernels {
  package static func fill(
    _ output: FloatRows, columns: Int, rows: Range<Int>, with value: Float
  ) {
    for r in rows {
      let p = output.start + r * output.stride
      var j = 0
      while j < columns {
        store(broadcast(value), p + j, columns - j)
        j += Extent.lanes
      }
    }
  }

  package static func copy(
    _ input: FloatRows, inputRows: Int, into output: FloatRows, columns: Int, rows: Range<Int>,
    accumulate: Bool
  ) {
    for r in rows {
      move(
        input.start + r % inputRows * input.stride, output.start + r * output.stride, columns,
        accumulate: accumulate)
    }
  }

  package static func combine(
    _ input: Floats, scale inputScale: Float, into output: Floats, outputScale: Float, count: Int
  ) {
    var j = 0
    while j < count {
      var value = load(input + j) * broadcast(inputScale)
      // A scale of zero overwrites: what stood there, NaN too, does not matter.
      if outputScale != 0 {
        value = multiplyAdd(load(output + j), broadcast(outputScale), value)
      }
      store(value, output + j, count - j)
      j += Extent.lanes
    }
  }

  package static func activate(
    _ function: VectorFunction, _ input: FloatRows, into output: FloatRows, columns: Int,
    rows: Range<Int>
  ) {
    for r in rows {
      evaluate(
        function, input.start + r * input.stride, output.start + r * output.stride, columns)
    }
  }

  package static func differentiate(
    _ function: VectorFunction, output: FloatRows, outputGradient: FloatRows,
    into inputGradient: FloatRows, columns: Int, rows: Range<Int>, accumulate: Bool
  ) {
    for r in rows {
      let row = ActivationRow(
        output: output.start + r * output.stride,
        outputGradient: outputGradient.start + r * outputGradient.stride,
        inputGradient: inputGradient.start + r * inputGradient.stride, count: columns,
        accumulate: accumulate)
      switch function {
      case .sigmoid: row.differentiateSigmoid()
      case .tanh: row.differentiateTanh()
      case .relu: row.differentiateRectified()
      case .exponential: row.differentiate { y, d in d * y }
      case .squareRoot: row.differentiate { y, d in d * broadcast(0.5) / y }
      case .logarithm, .logarithmOfOnePlus: row.differentiateLogarithm()
      case .identity: row.differentiate { _, d in d }
      }
    }
  }
}

/// Copies a row, or adds it to another.
@inline(__always)
func move(_ from: Floats, _ to: Floats, _ count: Int, accumulate: Bool) {
  var j = 0
  while j < count {
    let value = load(from + j)
    store(accumulate ? load(to + j) + value : value, to + j, count - j)
    j += Extent.lanes
  }
}

/// A row of an activation's gradient.
private struct ActivationRow {
  let output: Floats
  let outputGradient: Floats
  let inputGradient: Floats
  let count: Int
  let accumulate: Bool

  @inline(never)
  func differentiateSigmoid() {
    differentiate { y, d in d * (y * (broadcast(1) - y)) }
  }

  @inline(never)
  func differentiateTanh() {
    differentiate { y, d in d * (broadcast(1) - y * y) }
  }

  @inline(never)
  func differentiateRectified() {
    differentiate { y, d in select(y .<= broadcast(0), broadcast(0), d) }
  }

  /// 1 / x = e^−log x, and 1 / (1 + x) alike.
  @inline(never)
  func differentiateLogarithm() {
    differentiate { y, d in d * exponential(broadcast(0) - y) }
  }

  @inline(always)
  func differentiate(_ body: (Lanes, Lanes) -> Lanes) {
    var j = 0
    while j < count {
      var value = body(load(output + j), load(outputGradient + j))
      if accumulate { value += load(inputGradient + j) }
      store(value, inputGradient + j, count - j)
      j += Extent.lanes
    }
  }
}
