import SluiceCompute
import SluiceNN

/// A problem that can make do with a part of a batch.
public protocol ShrinkableProblem: TrainingProblem {
  /// As ``TrainingProblem/enqueueBatch(step:microBatch:tape:statistics:gradientScale:)``.
  ///
  /// - Parameter limit: Sequences of the batch to take, at most.
  func enqueueBatch(
    step: Int, microBatch: Int, limit: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws
}

extension ShrinkableProblem {
  public func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    try enqueueBatch(
      step: step, microBatch: microBatch, limit: .max, tape: tape, statistics: statistics,
      gradientScale: gradientScale)
  }
}

extension Trainer {
  /// The error of a device whose memory is exhausted, with a batch that fits it: the largest half,
  /// quarter and so on of which forward and backward were run beside all else that the training
  /// keeps. Where these fail for another reason, it is not memory that the device lacks: that reason. Nor
  /// is it where the whole batch fits after all, or none does any more.
  ///
  /// - Parameter hadSufficed: Whether steps have been taken with the memory there is.
  func advised(_ error: ComputeError, hadSufficed: Bool) -> ComputeError {
    guard let problem = problem as? any ShrinkableProblem else { return error }
    let isCPU = problem.parameters.backend.device.id == "cpu"
    let end = "use fewer `model.hidden` units. No checkpoint is lost."
    let batch = problem.sequencesPerStep / max(1, configuration.gradientAccumulation)
    // Only a driver calls other failures a lack of memory.
    let isDoubtful = hadSufficed && error.cause != nil
    var fitting = isDoubtful ? batch : batch / 2
    do throws(ComputeError) {
      while fitting > 0, try !fits(problem, fitting) { fitting /= 2 }
    } catch {
      return error
    }
    if isDoubtful, fitting == batch || fitting == 0 {
      return ComputeError(
        .deviceFailure, "\(error.what), though \(state.step) steps were taken with what there was",
        remedy:
          "Try again; a training goes on from its last checkpoint with `resume`, or by itself with "
          + "`on_device_lost: resume`.",
        cause: error.cause)
    }
    // Other batches may hold longer sequences.
    let advised = fitting > 2 ? fitting / 2 : fitting
    return ComputeError(
      .outOfMemory, error.what,
      remedy: advised > 0
        ? "Train with `batch_size: \(advised)`, or \(end)"
        : "Not even a batch of 1 fits: \(isCPU ? "" : "train with `device: cpu`, or ")\(end)",
      cause: error.cause)
  }

  /// Whether a batch of so many sequences has room beside all that the training keeps.
  ///
  /// - Throws: `ComputeError` with `.deviceFailure` where the device does not answer.
  private func fits(
    _ problem: any ShrinkableProblem, _ count: Int
  ) throws(ComputeError) -> Bool {
    let parameters = problem.parameters
    do {
      let statistics = try parameters.backend.makeTensor([2])
      // Early stopping keeps the best weights once there are some.
      let best =
        configuration.earlyStopping != nil && earlyStopping?.best == nil
        ? try parameters.backend.makeTensor(parameters.weights.shape) : nil
      for step in state.step..<(state.step + 3) {
        try problem.enqueueBatch(
          step: step, microBatch: 0, limit: count,
          tape: Tape(parameters, mode: .training(seed: configuration.seed, step: UInt32(step))),
          statistics: statistics, gradientScale: 1)
        try parameters.backend.synchronize()
      }
      return withExtendedLifetime(best) { true }
    } catch let error as ComputeError where error.code == .deviceFailure {
      throw error
    } catch {
      return false
    }
  }
}
