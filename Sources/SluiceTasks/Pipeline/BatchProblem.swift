import SluiceCompute
import SluiceNN
import SluiceTraining

/// Rows, or whatever else a batch is drawn of.
package protocol TrainingBatch {
  var count: Int { get }
  /// The first few of it.
  func limited(to count: Int) -> Self
}

extension [Int32]: TrainingBatch {
  package func limited(to count: Int) -> [Int32] { Array(prefix(count)) }
}

/// The training of one network, put together from its parts.
package final class BatchProblem<Batch: TrainingBatch>: ShrinkableProblem {
  package let parameters: ParameterArena
  package let sequencesPerStep: Int
  private let draw: (_ step: Int, _ microBatch: Int) -> Batch
  private let enqueueLoss: (Batch, BatchLoss) throws -> Void
  private let metrics: (ParameterArena) throws -> [MetricValue]
  private let describe: (Batch) -> String

  /// - Parameters:
  ///   - sequencesPerStep: Of all micro-batches together.
  ///   - draw: A pure function, so that a resumed training draws the same.
  ///   - describe: The rows of a batch, for the report of a bad loss.
  ///   - metrics: Validation metrics of weights, in the order to report them; empty where there is
  ///     nothing to validate on.
  ///   - loss: Enqueues forward and loss.
  package init(
    _ parameters: ParameterArena, sequencesPerStep: Int,
    draw: @escaping (_ step: Int, _ microBatch: Int) -> Batch,
    describe: @escaping (Batch) -> String,
    metrics: @escaping (ParameterArena) throws -> [MetricValue] = { _ in [] },
    loss: @escaping (Batch, BatchLoss) throws -> Void
  ) {
    self.parameters = parameters
    self.sequencesPerStep = sequencesPerStep
    self.draw = draw
    self.describe = describe
    self.metrics = metrics
    enqueueLoss = loss
  }

  package func enqueueBatch(
    step: Int, microBatch: Int, limit: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    var batch = draw(step, microBatch)
    if batch.count > limit { batch = batch.limited(to: limit) }
    try enqueueLoss(
      batch, BatchLoss(tape: tape, statistics: statistics, gradientScale: gradientScale))
    try tape.backward()
  }

  package func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    try metrics(parameters)
  }

  package func describeBatch(step: Int, microBatch: Int) -> String {
    describe(draw(step, microBatch))
  }
}

/// Where the loss of a batch goes.
package struct BatchLoss {
  package let tape: Tape
  /// `[2]`
  package let statistics: Tensor
  package let gradientScale: Float

  /// Enqueues a loss: see `Tape.loss`.
  func callAsFunction(
    _ loss: LossFunction, _ predicted: Variable, target: Tensor, rowWeights: Tensor? = nil,
    classWeights: Tensor? = nil
  ) throws {
    try tape.loss(
      loss, predicted, target: target, rowWeights: rowWeights, classWeights: classWeights,
      statistics: statistics, gradientScale: gradientScale)
  }
}

/// The first few of many names, and how many more there are.
func listed(_ names: some Collection<String>) -> String {
  let more = names.count > 5 ? " and \(names.count - 5) more" : ""
  return names.prefix(5).joined(separator: ", ") + more
}
