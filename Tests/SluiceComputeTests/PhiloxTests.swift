import SluiceCompute
import Testing

@Suite("Philox4x32-10")
struct PhiloxTests {
  /// Key, counter, block: the known answers published with Random123.
  static let answers: [(key: SIMD2<UInt32>, counter: SIMD4<UInt32>, block: SIMD4<UInt32>)] = [
    (
      SIMD2(0, 0), SIMD4(0, 0, 0, 0),
      SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
    ),
    (
      SIMD2(repeating: 0xFFFF_FFFF), SIMD4(repeating: 0xFFFF_FFFF),
      SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      SIMD2(0xA409_3822, 0x299F_31D0),
      SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
      SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ]

  @Test("gives the published answers", arguments: 0..<3)
  func knownAnswers(index: Int) {
    let answer = Self.answers[index]
    #expect(Philox.block(key: answer.key, counter: answer.counter) == answer.block)
  }

  @Test("the seed is the key, and block, step and stream are the counter")
  func streamLayout() {
    let stream = RandomStream(seed: 0x299F_31D0_A409_3822, stream: 0x0370_7344, step: 0x1319_8A2E)
    #expect(stream.block(0x85A3_08D3_243F_6A88) == Self.answers[2].block)
  }

  @Test("a word is a lane of its block")
  func words() {
    let stream = RandomStream(seed: 99, stream: 4, step: 17)
    for index in [UInt64(0), 1, 2, 3, 4, 1_000_003, 0xF_FFFF_FFFF, .max] {
      #expect(stream.word(index) == stream.block(index / 4)[Int(index % 4)])
    }
  }

  @Test("streams that differ in one field differ in their words")
  func independence() {
    let streams = [
      RandomStream(seed: 1, stream: 0), RandomStream(seed: 1 << 32, stream: 0),
      RandomStream(seed: 1, stream: 1), RandomStream(seed: 1, stream: 0, step: 1),
    ]
    #expect(Set(streams.map { $0.block(0) }).count == streams.count)
  }

  @Test("the generator walks along its stream")
  func generator() {
    let stream = RandomStream(seed: 7, stream: 3)
    var generator = PhiloxGenerator(stream)
    let words = (0..<11).map { _ in generator.nextWord() }
    #expect(words == (0..<11).map { stream.word($0) })

    var wide = PhiloxGenerator(stream)
    #expect(wide.next() == UInt64(stream.word(0)) << 32 | UInt64(stream.word(1)))
    #expect(wide.next() == UInt64(stream.word(2)) << 32 | UInt64(stream.word(3)))
  }

  @Test("uniform numbers lie in [0, 1) with the mean and spread of a uniform distribution")
  func uniform() {
    var generator = PhiloxGenerator(RandomStream(seed: 5, stream: 0))
    let values = (0..<20_000).map { _ in generator.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // Five standard errors.
    #expect(abs(mean - 0.5) < 0.0102)
    #expect(abs(variance - 1 / 12) < 0.0027)
  }

  @Test("indices below a bound reach every value, evenly")
  func indices() {
    var generator = PhiloxGenerator(RandomStream(seed: 6, stream: 0))
    var counts = Array(repeating: 0, count: 7)
    for _ in 0..<7000 { counts[generator.index(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    #expect(generator.index(below: 1) == 0)
  }

  @Test("a share of words equal to the rate falls below the dropout threshold")
  func threshold() {
    #expect(Dropout.threshold(rate: 0) == 0)
    #expect(Dropout.threshold(rate: 0.5) == 0x8000_0000)
    #expect(Dropout.threshold(rate: Float(1).nextDown) == 0xFFFF_FF00)
  }

  @Test func shufflesKeepEveryElement() {
    let sorted = Array(0..<100)
    func shuffled(_ seed: UInt64) -> [Int] {
      var elements = sorted
      var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 1))
      generator.shuffle(&elements)
      return elements
    }
    #expect(shuffled(1) != sorted && shuffled(1).sorted() == sorted)
    #expect(shuffled(1) == shuffled(1) && shuffled(1) != shuffled(2))
  }
}
