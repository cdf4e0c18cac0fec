import SluiceCPUInterface

// Polynomials fitted by weighted least squares for the least relative error. Results are within
// 2 units in the last place; what would be subnormal is flushed to zero.

/// e^y = scale · (1 + fraction) for y in [−88.02, 88.7].
@inline(__always)
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
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let low = broadcast(-88.02)
  let high = broadcast(88.722_84)
  var y = x
  y.replace(with: low, where: x .< low)
  // Half the argument, squared: 2¹²⁸ itself has no bits of its own.
  y.replace(with: high, where: x .> high)
  let (scale, fraction) = exponentialParts(y)
  // At the top, scale is 2¹²⁸ = 2 · 2¹²⁷.
  let topBits = unsafeBitCast(scale, to: LaneBits.self)
  let isTop = topBits .== LaneBits(repeating: 0x7F80_0000)
  var safe = scale
  safe.replace(with: broadcast(0x1p127), where: isTop)
  var result = multiplyAdd(safe, fraction, safe)
  result.replace(with: result * 2, where: isTop)
  result.replace(with: broadcast(.infinity), where: x .> high)
  return result
}

/// 1 / (1 + e^−x).
@inline(__always)
func sigmoid(_ x: Lanes) -> Lanes {
  let magnitude = absolute(x)
  let limit = broadcast(88.02)
  var y = magnitude
  y.replace(with: limit, where: magnitude .> limit)
  let (scale, fraction) = exponentialParts(-y)
  let z = multiplyAdd(scale, fraction, scale)
  var numerator = z
  numerator.replace(with: broadcast(1), where: x .>= broadcast(0))
  return numerator / (broadcast(1) + z)
}

/// The hyperbolic tangent, by e^−2|x| − 1, so that nothing cancels near zero.
@inline(__always)
func tanh(_ x: Lanes) -> Lanes {
  let magnitude = absolute(x)
  let limit = broadcast(10)
  var y = magnitude
  y.replace(with: limit, where: magnitude .> limit)
  let (scale, fraction) = exponentialParts(y * -2)
  let e = multiplyAdd(scale, fraction, scale - broadcast(1))
  let result = -e / (broadcast(2) + e)
  let sign = unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x8000_0000)
  return unsafeBitCast(unsafeBitCast(result, to: LaneBits.self) | sign, to: Lanes.self)
}

/// max(x, 0); NaN stays NaN.
@inline(__always)
func rectified(_ x: Lanes) -> Lanes {
  x.replacing(with: broadcast(0), where: x .< broadcast(0))
}

/// Applies `function` to `count` elements.
func evaluate(_ function: VectorFunction, _ input: Floats, _ output: Floats, _ count: Int) {
  switch function {
  case .identity: map(input, output, count) { $0 }
  case .sigmoid: map(input, output, count) { sigmoid($0) }
  case .tanh: map(input, output, count) { tanh($0) }
  case .relu: map(input, output, count) { rectified($0) }
  case .exponential: map(input, output, count) { exponential($0) }
  }
}

@inline(__always)
private func map(_ input: Floats, _ output: Floats, _ count: Int, _ body: (Lanes) -> Lanes) {
  var j = 0
  while j < count {
    store(body(load(input + j)), output + j, count - j)
    j += Extent.lanes
  }
}
