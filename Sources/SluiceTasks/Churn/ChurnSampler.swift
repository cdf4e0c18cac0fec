import SluiceCompute
import SluiceNN
import SluiceTraining

/// A batch of customers, and which of their cells are hidden.
struct ChurnDraw: TrainingBatch {
  var customers: [Int]
  /// `[customers, inputs]`; empty: none.
  var hidden: [Bool]
  let inputs: Int

  var count: Int { customers.count }

  func isHidden(_ customer: Int, _ input: Int) -> Bool {
    !hidden.isEmpty && hidden[customer * inputs + input]
  }

  func limited(to count: Int) -> ChurnDraw {
    ChurnDraw(
      customers: Array(customers.prefix(count)), hidden: Array(hidden.prefix(count * inputs)),
      inputs: inputs)
  }
}

/// Draws batches of customers: all of them once per epoch, in a new order each time, histories of
/// similar length together, with a few cells hidden. A pure function of the seed and the step.
final class ChurnSampler {
  /// The customers to learn from.
  private let customers: [Int]
  private let inputs: Int
  /// Customers of a batch, at most.
  let batchSize: Int
  private let seed: UInt64
  private let microBatches: Int
  private let unknownRate: Float
  private let order: LengthSampler

  /// - Parameters:
  ///   - customers: Those to learn from.
  ///   - lengths: The rows of each of them.
  ///   - inputs: Cells of a row.
  init(
    customers: [Int], lengths: [Int], inputs: Int, batchSize: Int, microBatches: Int,
    unknownRate: Float, seed: UInt64
  ) {
    self.customers = customers
    self.inputs = inputs
    self.batchSize = min(batchSize, customers.count)
    self.microBatches = microBatches
    self.unknownRate = unknownRate
    self.seed = seed
    order = LengthSampler(lengths: lengths, batchSize: batchSize, seed: seed)
  }

  /// Optimizer steps that go through all customers once.
  var stepsPerPass: Int { (order.batchesPerEpoch + microBatches - 1) / microBatches }

  func draw(step: Int, microBatch: Int) -> ChurnDraw {
    let batch = step * microBatches + microBatch
    let drawn = order.indices(batch: batch).map { customers[Int($0)] }
    var hidden: [Bool] = []
    if unknownRate > 0 {
      var generator = PhiloxGenerator(
        RandomStream(
          seed: seed, stream: RandomStream.samplers + 1, step: UInt32(truncatingIfNeeded: batch)))
      hidden = (0..<(drawn.count * inputs)).map { _ in generator.uniform() < unknownRate }
    }
    return ChurnDraw(customers: drawn, hidden: hidden, inputs: inputs)
  }
}
