import Testing

@testable import SluiceTraining

struct LengthSamplerTests {
  private let lengths = (0..<1000).map { ($0 * 7919) % 113 }

  @Test func everyRowOnceInAnEpoch() {
    let sampler = LengthSampler(lengths: lengths, batchSize: 16, seed: 3)
    #expect(sampler.batchesPerEpoch == 63)
    for epoch in 0..<2 {
      let first = epoch * sampler.batchesPerEpoch
      let rows = (0..<sampler.batchesPerEpoch).flatMap { sampler.indices(batch: first + $0) }
      #expect(rows.sorted() == (0..<1000).map { Int32($0) })
    }
  }

  @Test func aBatchIsAFunctionOfItsNumber() {
    let one = LengthSampler(lengths: lengths, batchSize: 16, seed: 3)
    let other = LengthSampler(lengths: lengths, batchSize: 16, seed: 3)
    // In any order, and across epochs.
    let wanted = [200, 5, 62, 63, 5, 126]
    let batches = wanted.map { one.indices(batch: $0) }
    #expect(wanted.reversed().map { other.indices(batch: $0) } == batches.reversed())
    #expect(one.indices(batch: 0) != one.indices(batch: 63))
    let seeded = LengthSampler(lengths: lengths, batchSize: 16, seed: 4)
    #expect(seeded.indices(batch: 0) != one.indices(batch: 0))
  }

  @Test func lengthsInABatchAreAlikeAndBatchesAreMixed() {
    let sampler = LengthSampler(lengths: lengths, batchSize: 16, seed: 3)
    let batches = (0..<sampler.batchesPerEpoch).map { batch in
      sampler.indices(batch: batch).map { lengths[Int($0)] }
    }
    let padding = batches.reduce(0) { sum, own in
      sum + own.reduce(0) { $0 + (own.max() ?? 0) - $1 }
    }
    // Unsorted, about half of all steps would be padding.
    #expect(Double(padding) < 0.05 * Double(lengths.reduce(0, +)))
    let longest = batches.map { $0.max() ?? 0 }
    #expect(longest != longest.sorted())
  }
}
