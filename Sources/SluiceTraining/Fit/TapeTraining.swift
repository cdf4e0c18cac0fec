import SluiceCompute
import SluiceNN

/// Optimizer steps for those who write the loop themselves: it makes the tape, clears gradients, runs
/// backward and steps, and keeps what these need.
///
/// ```swift
/// let training = try TapeTraining(parameters, learningRate: 0.01)
/// for batch in batches {
///   let loss = try training.step { tape in
///     try tape.loss(.meanSquaredError, network(batch, on: tape), target: batch.target)
///   }
/// }
/// ```
///
/// The same seed, data, device and build give the same weights to the bit. Validation, schedules,
/// checkpoints and early stopping are what ``Trainer`` adds.
public final class TapeTraining {
  /// The weights that are trained.
  public let parameters: ParameterArena
  /// Of the next step; set it to follow a schedule.
  public var learningRate: Double
  /// Steps done.
  public private(set) var stepCount = 0
  private let seed: UInt64
  private let optimizer: Optimizer
  /// `[1]`
  private let squaredNorm: Tensor

  /// - Parameters:
  ///   - weightDecay: Of those parameters that decay.
  ///   - clipNorm: The global norm that gradients are clipped to; nil: not clipped.
  ///   - seed: Of dropout.
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  public init(
    _ parameters: ParameterArena, optimizer: OptimizerConfiguration = .adam(),
    learningRate: Double = 1e-3, weightDecay: Double = 0, clipNorm: Double? = nil, seed: UInt64 = 1
  ) throws {
    self.parameters = parameters
    self.learningRate = learningRate
    self.seed = seed
    self.optimizer = try Optimizer(
      optimizer, for: parameters, weightDecay: weightDecay, clipNorm: clipNorm)
    squaredNorm = try parameters.backend.makeTensor([1])
  }

  /// Enqueues one step: clears the gradients, runs `forward` on a new tape, then backward and the
  /// optimizer. Never waits.
  ///
  /// A loss or gradient that is not finite changes no weight, in this step and all that follow; the
  /// loss' mean then tells.
  ///
  /// - Parameter forward: Runs the network on the tape and gives its loss.
  /// - Throws: ``ComputeError``, and what `forward` throws.
  @discardableResult
  public func step(_ forward: (Tape) throws -> LossMeasurement) throws -> LossMeasurement {
    try parameters.clearGradients()
    let tape = Tape(
      parameters, mode: .training(seed: seed, step: UInt32(truncatingIfNeeded: stepCount)))
    let loss = try forward(tape)
    try tape.backward()
    stepCount += 1
    try optimizer.step(
      number: stepCount, learningRate: learningRate, squaredNorm: squaredNorm,
      losses: loss.statistics)
    return loss
  }
}
