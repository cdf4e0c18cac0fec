import SluiceCompute
import SluiceNN

/// What a ``Trainer`` trains: a model, its loss and its data.
public protocol TrainingProblem: AnyObject {
  /// The model's weights.
  var parameters: ParameterArena { get }

  /// Sequences in one optimizer step, all its micro-batches together; for the throughput shown.
  var sequencesPerStep: Int { get }

  /// Enqueues forward, loss and backward of one micro-batch: the gradients are added to the arena.
  ///
  /// The batch must be a pure function of (seed, step, micro-batch), so that a resumed training
  /// draws the same. ``EpochSampler`` and ``RandomSampler`` are such functions.
  ///
  /// - Parameters:
  ///   - step: of the phase, from 0.
  ///   - microBatch: below the configured `gradient_accumulation`.
  ///   - tape: empty, in training mode; its random streams differ for every step and micro-batch.
  ///   - statistics: `[2]`, to be written as `Loss` does: Σ weight · loss and Σ weight.
  ///   - gradientScale: for the loss: 1 / `gradient_accumulation`.
  /// - Note: Must not wait for the device.
  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws

  /// Validation metrics of the given weights, in the order to report them; empty where there is
  /// nothing to validate on.
  func validate(_ parameters: ParameterArena) throws -> [MetricValue]

  /// The rows of a batch, for the report of a bad loss: `series 3, 17 from 2016-02-01, …`.
  func describeBatch(step: Int, microBatch: Int) -> String
}
