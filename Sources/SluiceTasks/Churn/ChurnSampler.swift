import SluiceCompute
import SluiceNN
import SluiceTraining

/// Draws batches of customers: all of them once per epoch, in a new order each time, histories of
/// similar length together, with a few cells hidden. A pure function of the seed and the step.
final class ChurnSampler {
  /// The customers to learn from.
  private let customers: [Int]
  /// Customers of a batch, at most.
  let batchSize: Int
  private let seed: UInt64
  private let microBatches: Int
  private let unknownRate: Float
  private let order: LengthSampler

  /// - Parameters:
  ///   - customers: Those to learn from.
  ///   - lengths: The rows of each of them.
  init(
    customers: [Int], lengths: [Int], batchSize: Int, microBatches: Int, unknownRate: Float,
    seed: UInt64
  ) {
    self.customers = customers
    self.batchSize = min(batchSize, customers.count)
    self.microBatches = microBatches
    self.unknownRate = unknownRate
    self.seed = seed
    order = LengthSampler(lengths: lengths, batchSize: batchSize, seed: seed)
  }

  /// Optimizer steps that go through all customers once.
  var stepsPerPass: Int { (order.batchesPerEpoch + microBatches - 1) / microBatches }

  /// The customers of a batch.
  func customers(step: Int, microBatch: Int) -> [Int] {
    order.indices(batch: step * microBatches + microBatch).map { customers[Int($0)] }
  }

  /// Which cells of a batch are hidden, by (customer, input).
  func hidden(step: Int, microBatch: Int, count: Int, inputs: Int) -> (Int, Int) -> Bool {
    guard unknownRate > 0 else { return { _, _ in false } }
    var generator = PhiloxGenerator(
      RandomStream(
        seed: seed, stream: RandomStream.samplers + 1,
        step: UInt32(truncatingIfNeeded: step * microBatches + microBatch)))
    let draws = (0..<(count * inputs)).map { _ in generator.uniform() < unknownRate }
    return { draws[$0 * inputs + $1] }
  }
}
