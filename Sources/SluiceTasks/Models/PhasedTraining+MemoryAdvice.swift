import SluiceCompute
import SluiceNN
import SluiceTraining

extension PhasedTraining {
  /// Trains a phase as ``train(_:_:_:)`` does; where the device's memory is exhausted, says which
  /// batch would fit.
  ///
  /// - Parameters:
  ///   - batch: Rows per step.
  ///   - bytesPerRow: About what a row of the batch takes in training.
  /// - Throws: What the training throws; `ComputeError` with `.outOfMemory` gets a remedy.
  func train(
    _ name: String, _ configuration: TrainerConfiguration, _ problem: any TrainingProblem,
    batch: Int, bytesPerRow: Int
  ) throws -> Phase? {
    let parameters = problem.parameters
    let before = parameters.backend.memory.current
    do {
      return try train(name, configuration, problem)
    } catch let error as ComputeError where error.code == .outOfMemory {
      // What there was beside the data and the weights. The optimizer's moments, an average and the
      // best weights come before any batch, and half is left for what no estimate foresees.
      let ofWeights = 4 * 4 * parameters.layout.count
      let room = (parameters.backend.memory.peak - before - ofWeights) / 2
      var fitting = batch / 2
      while fitting > 0, fitting * bytesPerRow > room { fitting /= 2 }
      let other = "fewer --hidden units; the last checkpoint is intact."
      throw ComputeError(
        .outOfMemory, error.what,
        remedy: fitting > 0
          ? "A batch of \(batch) takes about \(max(1, (batch * bytesPerRow) >> 20)) MiB. Try "
            + "--batch-size \(fitting), or \(other)"
          : "Not even a batch of 1 is sure to fit: use --device cpu, or \(other)",
        cause: error.cause)
    }
  }
}
