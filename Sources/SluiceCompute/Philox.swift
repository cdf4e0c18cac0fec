/// Philox4x32-10, the counter-based generator that every random number in Sluice comes from.
///
/// A block is a pure function of (key, counter), so a mask needs no memory, an interrupted run
/// goes on with the same numbers, and every back end draws the same ones.
///
/// - SeeAlso: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
public enum Philox {
  /// Four words for one key and counter.
  ///
  /// - Complexity: ten rounds of two 32 × 32 → 64 bit products.
  @inlinable
  public static func block(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var k = key
    var c = counter
    for round in 0..<10 {
      if round > 0 { k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let p0 = UInt64(0xD251_1F53) &* UInt64(c.x)
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: p0))
    }
    return c
  }
}

/// Names one stream of random words: who draws (`stream`), in which training step, under which seed.
///
/// Word `i` of the stream is lane `i % 4` of `Philox.block` with key `(seed low, seed high)` and
/// counter `(i / 4 low, i / 4 high, step, stream)`.
public struct RandomStream: Hashable, Sendable {
  /// Chosen by the user.
  public var seed: UInt64
  /// Who draws: one number for each layer or sampler of a model.
  public var stream: UInt32
  /// The training step.
  public var step: UInt32

  /// Each argument is the property of its name.
  public init(seed: UInt64, stream: UInt32, step: UInt32 = 0) {
    self.seed = seed
    self.stream = stream
    self.step = step
  }

  /// The four words `4 * blockIndex ..< 4 * blockIndex + 4`.
  @inlinable
  public func block(_ blockIndex: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: SIMD4(
        UInt32(truncatingIfNeeded: blockIndex), UInt32(truncatingIfNeeded: blockIndex >> 32), step,
        stream))
  }

  /// Word `index` of the stream.
  @inlinable
  public func word(_ index: UInt64) -> UInt32 {
    block(index >> 2)[Int(index & 3)]
  }
}

/// A generator that walks along one ``RandomStream``. Used on the host: initialisers, samplers.
public struct PhiloxGenerator: RandomNumberGenerator {
  private let stream: RandomStream
  private var position: UInt64 = 0
  private var words = SIMD4<UInt32>()

  /// Starts at the stream's first word.
  public init(_ stream: RandomStream) {
    self.stream = stream
  }

  /// The next word of the stream.
  public mutating func nextWord() -> UInt32 {
    if position & 3 == 0 { words = stream.block(position >> 2) }
    defer { position += 1 }
    return words[Int(position & 3)]
  }

  public mutating func next() -> UInt64 {
    UInt64(nextWord()) << 32 | UInt64(nextWord())
  }

  /// Uniform in `[0, 1)`, on a grid of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// Uniform among `0 ..< bound`. Its bias is below `bound` / 2⁶⁴.
  public mutating func index(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Puts elements into a random order, the same on every machine and in every release.
  ///
  /// - Complexity: O(n), one ``index(below:)`` for each element but the first.
  /// - SeeAlso: Durstenfeld, "Algorithm 235: random permutation", 1964.
  @inlinable
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, index(below: last + 1))
    }
  }
}
