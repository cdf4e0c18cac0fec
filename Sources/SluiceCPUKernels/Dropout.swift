import SluiceCPUInterface

/// A 32-bit word of each of eight blocks of Philox, in the low halves: so products do not overflow,
/// and their halves are a shift apart.
private typealias Words = SIMD8<UInt64>

/// Elements that eight blocks decide.
private let width = 32

/// What a row's elements are decided with.
private struct Scrap {
  /// The words of eight blocks in their order.
  var words: UnsafeMutablePointer<UInt32>
  var values: Floats
}

extension Kernels {
  package static func dropout(
    _ input: FloatRows, into output: FloatRows, columns: Int, rows: Range<Int>,
    words: DropoutWords, scale: Float, period: Int, accumulate: Bool
  ) {
    withUnsafeTemporaryAllocation(of: Words.self, capacity: 4) { vectors in
      guard let start = UnsafeMutableRawPointer(vectors.baseAddress) else { return }
      let scrap = Scrap(
        words: start.assumingMemoryBound(to: UInt32.self),
        values: (start + 4 * width).assumingMemoryBound(to: Float.self))
      for r in rows {
        dropRow(
          input.start + r * input.stride, output.start + r * output.stride, columns,
          UInt64(r * columns % period), words, scale, scrap, accumulate)
      }
    }
  }
}

/// Eight blocks at a time, from the first element that begins one; the others by themselves.
private func dropRow(
  _ from: Floats, _ to: Floats, _ columns: Int, _ first: UInt64, _ words: DropoutWords,
  _ scale: Float, _ scrap: Scrap, _ accumulate: Bool
) {
  var element = first
  var j = 0
  while j < columns {
    let isWide = element & 3 == 0 && columns - j >= width
    let count = isWide ? width : min(4 - Int(element & 3), columns - j)
    if isWide {
      words.eightBlocks(element >> 2, into: scrap.words)
      decide(from + j, scrap.words, scrap.values, width, words.threshold, scale)
      var i = 0
      while i < width {
        let value = load(scrap.values + i)
        store(accumulate ? load(to + j + i) + value : value, to + j + i)
        i += Extent.lanes
      }
    } else {
      let block = words.block(element >> 2)
      for i in 0..<4 { scrap.words[i] = block[i] }
      decide(
        from + j, scrap.words + Int(element & 3), scrap.values, count, words.threshold, scale)
      for i in 0..<count {
        to[j + i] = accumulate ? to[j + i] + scrap.values[i] : scrap.values[i]
      }
    }
    j += count
    element += UInt64(count)
  }
}

/// Elements scaled, or zero: a plain loop, which the compiler turns into vectors.
@inline(never)
private func decide(
  _ input: Floats, _ words: UnsafeMutablePointer<UInt32>, _ output: Floats, _ count: Int,
  _ threshold: UInt32, _ scale: Float
) {
  for i in 0..<count { output[i] = words[i] >= threshold ? input[i] * scale : 0 }
}

extension DropoutWords {
  /// The 32 words of eight blocks of Philox4x32-10; the same numbers as the generator that the host
  /// draws from. `words` is aligned to eight bytes.
  @inline(never)
  func eightBlocks(_ index: UInt64, into words: UnsafeMutablePointer<UInt32>) {
    let low = Words(repeating: 0xFFFF_FFFF)
    let half = Words(repeating: 32)
    let first = Words(repeating: index) &+ Words(0, 1, 2, 3, 4, 5, 6, 7)
    var x = first & low
    var y = first &>> half
    var z = Words(repeating: UInt64(step))
    var w = Words(repeating: UInt64(stream))
    var k0 = key.x
    var k1 = key.y
    for _ in 0..<10 {
      let p0 = Words(repeating: 0xD251_1F53) &* x
      let p1 = Words(repeating: 0xCD9E_8D57) &* z
      x = (p1 &>> half) ^ y ^ Words(repeating: UInt64(k0))
      z = (p0 &>> half) ^ w ^ Words(repeating: UInt64(k1))
      y = p1 & low
      w = p0 & low
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    let left = x | (y &<< half)
    let right = z | (w &<< half)
    let pairs = UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt64.self)
    for i in 0..<8 {
      pairs[2 * i] = left[i]
      pairs[2 * i + 1] = right[i]
    }
  }

  /// One block.
  @inline(__always)
  fileprivate func block(_ index: UInt64) -> SIMD4<UInt32> {
    var k0 = key.x
    var k1 = key.y
    var c = SIMD4(
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), step, stream)
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
}
