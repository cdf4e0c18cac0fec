import SluiceCompute
import SluiceNN
import SluiceTraining

/// Draws batches of customers: all of them once per epoch, in a new order each time, with a few cells
/// hidden. A pure function of the seed and the step.
final class ChurnSampler {
  /// The customers to learn from.
  let customers: [Int]
  let batchSize: Int
  private let seed: UInt64
  private let microBatches: Int
  private let unknownRate: Float
  private let order: EpochSampler

  init(
    customers: [Int], batchSize: Int, microBatches: Int, unknownRate: Float, seed: UInt64
  ) {
    self.customers = customers
    self.batchSize = min(batchSize, customers.count)
    self.microBatches = microBatches
    self.unknownRate = unknownRate
    self.seed = seed
    order = EpochSampler(count: customers.count, batchSize: batchSize, seed: seed)
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
