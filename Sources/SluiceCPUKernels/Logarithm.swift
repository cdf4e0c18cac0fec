import SluiceCPUInterface

// Constants stand first in products: behind, the compiler takes some lanes one by one.

/// y = 2^exponent · (1 + fraction), the fraction in [√½ − 1, √2 − 1), for y ≥ 2⁻¹²⁶.
@inline(always)
private func logarithmParts(_ y: Lanes) -> (exponent: Lanes, fraction: Lanes, shrink: Lanes) {
  let root = LaneBits(repeating: 0x3F35_04F3)
  let shifted = unsafeBitCast(y, to: LaneBits.self) &- root &+ LaneBits(repeating: 0x3F80_0000)
  let biased = shifted &>> LaneBits(repeating: 23)
  // The low bits of 2²³ + n are n.
  let whole = unsafeBitCast(biased | LaneBits(repeating: 0x4B00_0000), to: Lanes.self)
  let mantissa = (shifted & LaneBits(repeating: 0x007F_FFFF)) &+ root
  let shrink = (LaneBits(repeating: 254) &- biased) &<< LaneBits(repeating: 23)
  return (
    whole - broadcast(8_388_735), unsafeBitCast(mantissa, to: Lanes.self) - broadcast(1),
    unsafeBitCast(shrink, to: Lanes.self)
  )
}

/// exponent · log 2 + log(1 + fraction).
@inline(always)
private func logarithm(exponent: Lanes, fraction f: Lanes) -> Lanes {
  var q = multiplyAdd(broadcast(-0.076_345_09), f, broadcast(0.127_615_78))
  q = multiplyAdd(q, f, broadcast(-0.131_601_78))
  q = multiplyAdd(q, f, broadcast(0.142_017_57))
  q = multiplyAdd(q, f, broadcast(-0.166_233_58))
  q = multiplyAdd(q, f, broadcast(0.200_012_27))
  q = multiplyAdd(q, f, broadcast(-0.250_008_2))
  q = multiplyAdd(q, f, broadcast(0.333_333_3))
  q = multiplyAdd(q, f, broadcast(-0.5))
  // log 2 in two parts: the first has so few bits that its product is exact.
  let low = multiplyAdd(broadcast(-2.121_944_4e-4), exponent, f * f * q)
  return multiplyAdd(broadcast(0.693_359_375), exponent, f + low)
}

/// log x. −infinity at zero, NaN below; subnormal numbers count.
@inline(always)
func logarithm(_ x: Lanes) -> Lanes {
  let isSmall = x .< broadcast(.leastNormalMagnitude)
  let y = x * select(isSmall, broadcast(0x1p25), broadcast(1))
  let (exponent, fraction, _) = logarithmParts(y)
  let value = logarithm(
    exponent: exponent - select(isSmall, broadcast(25), broadcast(0)), fraction: fraction)
  let isPole = x .== broadcast(0)
  let edge = select(isPole, broadcast(-.infinity), broadcast(.nan))
  return select(x .== broadcast(.infinity), x, select(x .> broadcast(0), value, edge))
}

/// log(1 + x), to its last places near zero too. −infinity at −1, NaN below.
@inline(always)
func logarithmOfOnePlus(_ x: Lanes) -> Lanes {
  let u = broadcast(1) + x
  // What rounding took from u.
  let lost = select(
    x .< broadcast(1), x - (u - broadcast(1)), broadcast(1) - (u - x))
  let (exponent, fraction, shrink) = logarithmParts(u)
  // From 2¹²⁷ on there is no shrinking; from 2²⁵ on what is lost does not count.
  let whole = fraction + select(u .> broadcast(0x1p60), broadcast(0), lost * shrink)
  let value = logarithm(exponent: exponent, fraction: whole)
  let isPole = x .== broadcast(-1)
  let edge = select(isPole, broadcast(-.infinity), broadcast(.nan))
  return select(x .== broadcast(.infinity), x, select(x .> broadcast(-1), value, edge))
}
