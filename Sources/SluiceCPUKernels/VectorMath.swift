import SluiceCPUInterface

// Inlined without fail: as calls, their vectors would be passed in quarters, and their arithmetic
// be done on quarters too.
//
// Polynomials fitted by weighted least squares for the least relative error. Results are within
// 2 units in the last place; what would be subnormal is flushed to zero.

/// e^y = scale · (1 + fraction) for y in [−88.02, 88.7].
@inline(always)
private func exponentialParts(_ y: Lanes) -> (scale: Lanes, fraction: Lanes) {
  // Adding 1.5 · 2²³ rounds to an integer that stands in the low bits.
  let magic = broadcast(12_582_912)
  let shifted = multiplyAdd(y, broadcast(1.442_695), magic)
  let n = shifted - magic
  var r = multiplyAdd(n, broadcast(-0.693_145_75), y)
  r = multiplyAdd(n, broadcast(-1.428_606_8e-6), r)
  var q = multiplyAdd(r, broadcast(0.001_388_251), broadcast(0.008_366_582))
  q = multiplyAdd(q, r, broadcast(0.041_667_2))
  q = multiplyAdd(q, r, broadcast(0.166_665_435))
  q = multiplyAdd(q, r, broadcast(0.499_999_97))
  let fraction = multiplyAdd(r * r, q, r)
  let bits = unsafeBitCast(shifted, to: LaneBits.self)
  let scale = (bits &+ LaneBits(repeating: 127)) &<< LaneBits(repeating: 23)
  return (unsafeBitCast(scale, to: Lanes.self), fraction)
}

@inline(__always)
func absolute(_ x: Lanes) -> Lanes {
  unsafeBitCast(
    unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x7FFF_FFFF), to: Lanes.self)
}

/// e^x. Infinite above 88.72; NaN stays NaN.
@inline(always)
func exponential(_ x: Lanes) -> Lanes {
  let low = broadcast(-88.02)
  let high = broadcast(88.722_84)
  let y = select(x .> high, high, select(x .< low, low, x))
  let (scale, fraction) = exponentialParts(y)
  // At the top, scale would be 2¹²⁸ = 2 · 2¹²⁷.
  let isTop = scale .== broadcast(.infinity)
  let safe = select(isTop, broadcast(0x1p127), scale)
  let result = multiplyAdd(safe, fraction, safe)
  return select(
    x .> high, broadcast(.infinity), result * select(isTop, broadcast(2), broadcast(1)))
}

/// 1 / (1 + e^−x).
@inline(always)
func sigmoid(_ x: Lanes) -> Lanes {
  let magnitude = absolute(x)
  let limit = broadcast(88.02)
  let (scale, fraction) = exponentialParts(-select(magnitude .> limit, limit, magnitude))
  let z = multiplyAdd(scale, fraction, scale)
  return select(x .>= broadcast(0), broadcast(1), z) / (broadcast(1) + z)
}

/// The hyperbolic tangent, by e^−2|x| − 1, so that nothing cancels near zero.
@inline(always)
func tanh(_ x: Lanes) -> Lanes {
  let magnitude = absolute(x)
  let limit = broadcast(10)
  let (scale, fraction) = exponentialParts(select(magnitude .> limit, limit, magnitude) * -2)
  let e = multiplyAdd(scale, fraction, scale - broadcast(1))
  let denominator = broadcast(2) + e
  let quotient = -e / denominator
  // What rounding took from the denominator, times about its inverse.
  let lost = (broadcast(2) - denominator) + e
  let inverse = multiplyAdd(e, broadcast(-0.5), broadcast(0.5))
  let result = quotient - quotient * (lost * inverse)
  let sign = unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x8000_0000)
  return unsafeBitCast(unsafeBitCast(result, to: LaneBits.self) | sign, to: Lanes.self)
}

/// √x for x ≥ 0, within 1 unit in the last place; infinity and NaN stay. (`squareRoot()` would be
/// taken lane by lane, by calls.)
@inline(always)
func squareRoot(_ x: Lanes) -> Lanes {
  // Subnormal numbers would be too far off for the first guess.
  let isSmall = x .< broadcast(0x1p-100)
  let y = x * select(isSmall, broadcast(0x1p100), broadcast(1))
  // 1 / √y: halving the exponent's bits, then a quadratic fitted to what is left: within 2.2e-5.
  // (Constants stand first in products: behind, the compiler takes some lanes one by one.)
  let guess = LaneBits(repeating: 0x5F33_57DF) &- (unsafeBitCast(y, to: LaneBits.self) &>> 1)
  let near = unsafeBitCast(guess, to: Lanes.self)
  let e = multiplyAdd(near, y * near, broadcast(-1))
  let q = multiplyAdd(broadcast(0.412_901_12), e, broadcast(-0.499_569_9))
  let r = near * multiplyAdd(q, e, broadcast(0.999_980_24))
  // One step of Newton's method for the root itself.
  var root = y * r
  root = multiplyAdd(root * broadcast(-0.5), multiplyAdd(root, r, broadcast(-1)), root)
  root *= select(isSmall, broadcast(0x1p-50), broadcast(1))
  return select(x .== broadcast(.infinity), x, root)
}

/// max(x, 0); NaN stays NaN.
@inline(__always)
func rectified(_ x: Lanes) -> Lanes {
  select(x .< broadcast(0), broadcast(0), x)
}

extension Kernels {
  package static func evaluate(
    _ function: VectorFunction, _ input: Floats, _ output: Floats, _ count: Int
  ) {
    switch function {
    case .identity: copyRun(input, output, count)
    case .sigmoid: sigmoidRun(input, output, count)
    case .tanh: tanhRun(input, output, count)
    case .relu: rectifiedRun(input, output, count)
    case .exponential: exponentialRun(input, output, count)
    case .squareRoot: squareRootRun(input, output, count)
    case .logarithm: logarithmRun(input, output, count)
    case .logarithmOfOnePlus: logarithmOfOnePlusRun(input, output, count)
    }
  }
}

// One function each: in a larger one the inliner would give up, and vectors travel by memory.

@inline(never)
private func copyRun(_ input: Floats, _ output: Floats, _ count: Int) {
  if input != output { map(input, output, count) { $0 } }
}

@inline(never)
private func sigmoidRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { sigmoid($0) }
}

@inline(never)
private func tanhRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { tanh($0) }
}

@inline(never)
private func rectifiedRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { rectified($0) }
}

@inline(never)
private func squareRootRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { squareRoot($0) }
}

@inline(never)
private func exponentialRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { exponential($0) }
}

@inline(never)
private func logarithmRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { logarithm($0) }
}

@inline(never)
private func logarithmOfOnePlusRun(_ input: Floats, _ output: Floats, _ count: Int) {
  map(input, output, count) { logarithmOfOnePlus($0) }
}

@inline(always)
private func map(_ input: Floats, _ output: Floats, _ count: Int, _ body: (Lanes) -> Lanes) {
  var j = 0
  while j + Extent.lanes <= count {
    store(body(load(input + j)), output + j)
    j += Extent.lanes
  }
  if j < count { store(body(load(input + j)), output + j, count - j) }
}
