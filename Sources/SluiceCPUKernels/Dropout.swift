import SluiceCPUInterface

/// Four words of Philox4x32-10; the same numbers as the generator that the host draws from.
@inline(__always)
private func philox(_ key: SIMD2<UInt32>, _ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
  var k0 = key.x
  var k1 = key.y
  var c = counter
  for _ in 0..<10 {
    let p0 = UInt64(0xD251_1F53) &* UInt64(c.x)
    let p1 = UInt64(0xCD9E_8D57) &* UInt64(c.z)
    c = SIMD4(
      UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k0, UInt32(truncatingIfNeeded: p1),
      UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k1, UInt32(truncatingIfNeeded: p0))
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return c
}

func dropout(_ tile: DropoutTile) {
  for r in tile.rows {
    let from = tile.input.start + r * tile.input.stride
    let to = tile.output.start + r * tile.output.stride
    var element = UInt64(r * tile.columns % tile.period)
    var words = block(tile, element >> 2)
    for j in 0..<tile.columns {
      if element & 3 == 0 { words = block(tile, element >> 2) }
      let value = words[Int(element & 3)] >= tile.threshold ? from[j] * tile.scale : 0
      to[j] = tile.accumulate ? to[j] + value : value
      element += 1
    }
  }
}

@inline(__always)
private func block(_ tile: DropoutTile, _ index: UInt64) -> SIMD4<UInt32> {
  philox(
    tile.key,
    SIMD4(
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), tile.step,
      tile.stream))
}
