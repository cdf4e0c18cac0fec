import SluiceCompute
import SluiceNN

/// Batches of sequences of similar length that go through all rows once per epoch, so that few steps
/// are padding.
///
/// The rows are put in a new order for each epoch and cut into chunks of fifty batches; each chunk is
/// sorted by length and cut into batches, which then come in an order of their own.
///
/// A batch is a pure function of its number, so a resumed training draws the same.
public final class LengthSampler {
  /// Rows in a batch.
  public let batchSize: Int
  private let lengths: [Int]
  private let stream: RandomStream
  private var epoch = -1
  private var batches: [[Int32]] = []

  /// Batches in a chunk.
  private static let chunk = 50

  /// - Parameters:
  ///   - lengths: of every row.
  ///   - stream: tells this sampler from others of the same seed.
  /// - Precondition: there is a row, and `batchSize` is at least 1.
  public init(lengths: [Int], batchSize: Int, seed: UInt64, stream: UInt32 = 0) {
    precondition(!lengths.isEmpty && batchSize > 0, "\(batchSize) of \(lengths.count) rows")
    self.lengths = lengths
    self.batchSize = batchSize
    self.stream = RandomStream(seed: seed, stream: RandomStream.samplers + stream)
  }

  /// Batches in an epoch, at least 1.
  public var batchesPerEpoch: Int { (lengths.count + batchSize - 1) / batchSize }

  /// The rows of a batch: `batch` counts through all epochs, from 0. Not empty.
  ///
  /// - Complexity: O(rows · log rows) at the first batch of an epoch.
  public func indices(batch: Int) -> [Int32] {
    let wanted = batch / batchesPerEpoch
    if wanted != epoch {
      batches = drawn(epoch: wanted)
      epoch = wanted
    }
    return batches[batch % batchesPerEpoch]
  }

  private func drawn(epoch: Int) -> [[Int32]] {
    var generator = PhiloxGenerator(
      RandomStream(
        seed: stream.seed, stream: stream.stream, step: UInt32(truncatingIfNeeded: epoch)))
    var order = Array(lengths.indices)
    generator.shuffle(&order)
    var batches: [[Int32]] = []
    for start in stride(from: 0, to: order.count, by: batchSize * Self.chunk) {
      let end = min(order.count, start + batchSize * Self.chunk)
      // Rows of one length stay in their random order.
      let sorted = (start..<end).sorted { (lengths[order[$0]], $0) < (lengths[order[$1]], $1) }
      for first in stride(from: 0, to: sorted.count, by: batchSize) {
        let own = sorted[first..<min(sorted.count, first + batchSize)]
        batches.append(own.map { Int32(order[$0]) })
      }
    }
    generator.shuffle(&batches)
    return batches
  }
}
