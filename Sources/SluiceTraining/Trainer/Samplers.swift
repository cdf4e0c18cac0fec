import SluiceCompute
import SluiceNN

/// Batches that go through all rows once per epoch, in a new order each time.
///
/// A batch is a pure function of its number, so a resumed training draws the same.
public final class EpochSampler {
  /// Rows in all.
  public let count: Int
  /// Rows in a batch.
  public let batchSize: Int
  /// Whether the rows left over at the end of an epoch are left out instead of making a smaller
  /// batch.
  public let dropsLast: Bool
  private let stream: RandomStream
  private var epoch = -1
  private var order: [Int32] = []

  /// - Parameter stream: tells this sampler from others of the same seed.
  /// - Precondition: `count` and `batchSize` are at least 1.
  public init(
    count: Int, batchSize: Int, seed: UInt64, stream: UInt32 = 0, dropsLast: Bool = false
  ) {
    precondition(count > 0 && batchSize > 0, "\(batchSize) of \(count) rows")
    self.count = count
    self.batchSize = batchSize
    // A batch larger than the data set is the data set.
    self.dropsLast = dropsLast && batchSize <= count
    self.stream = RandomStream(seed: seed, stream: RandomStream.samplers + stream)
  }

  /// Batches in an epoch, at least 1.
  public var batchesPerEpoch: Int {
    dropsLast ? count / batchSize : (count + batchSize - 1) / batchSize
  }

  /// The rows of a batch: `batch` counts through all epochs, from 0.
  ///
  /// - Complexity: O(`batchSize`), and O(`count`) at the first batch of an epoch.
  public func indices(batch: Int) -> [Int32] {
    let wanted = batch / batchesPerEpoch
    if wanted != epoch {
      var generator = PhiloxGenerator(
        RandomStream(
          seed: stream.seed, stream: stream.stream, step: UInt32(truncatingIfNeeded: wanted)))
      order = (0..<Int32(count)).map { $0 }
      generator.shuffle(&order)
      epoch = wanted
    }
    let start = batch % batchesPerEpoch * batchSize
    return Array(order[start..<min(count, start + batchSize)])
  }
}

/// Batches of rows drawn at random, each independent of the others.
///
/// A batch is a pure function of its number, so a resumed training draws the same.
public struct RandomSampler: Sendable {
  /// Rows in all.
  public let count: Int
  /// Rows in a batch.
  public let batchSize: Int
  private let stream: RandomStream

  /// - Parameter stream: tells this sampler from others of the same seed.
  /// - Precondition: `count` and `batchSize` are at least 1.
  public init(count: Int, batchSize: Int, seed: UInt64, stream: UInt32 = 0) {
    precondition(count > 0 && batchSize > 0, "\(batchSize) of \(count) rows")
    self.count = count
    self.batchSize = batchSize
    self.stream = RandomStream(seed: seed, stream: RandomStream.samplers + stream)
  }

  /// The rows of batch `batch`.
  public func indices(batch: Int) -> [Int32] {
    var generator = generator(batch: batch)
    return (0..<batchSize).map { _ in Int32(generator.index(below: count)) }
  }

  /// A generator of its own for each batch, for whatever else is drawn with it.
  public func generator(batch: Int) -> PhiloxGenerator {
    PhiloxGenerator(
      RandomStream(
        seed: stream.seed, stream: stream.stream, step: UInt32(truncatingIfNeeded: batch)))
  }
}
