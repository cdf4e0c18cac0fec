import SluiceCompute
import SluiceNN
import SluiceTraining

extension PhasedTraining {
  /// Trains a phase as ``train(_:_:_:)`` does; where the device's memory is exhausted, says which
  /// batch would fit.
  ///
  /// - Parameter bytesPerRow: About what a row of a batch takes in training.
  /// - Throws: What the training throws; `ComputeError` with `.outOfMemory` gets a remedy.
  func train(
    _ name: String, _ configuration: TrainerConfiguration, _ problem: any TrainingProblem,
    bytesPerRow: Int
  ) throws -> Phase? {
    let backend = problem.parameters.backend
    let before = backend.memory.current
    do {
      return try train(name, configuration, problem)
    } catch let error as ComputeError where error.code == .outOfMemory {
      let batch = problem.sequencesPerStep / max(1, configuration.gradientAccumulation)
      let advice = MemoryAdvice(
        batch: batch, bytesPerRow: bytesPerRow, weightCount: problem.parameters.layout.count,
        held: backend.memory.peak - before, free: backend.device.globalMemory - before,
        isCPU: backend.device.id == "cpu")
      throw ComputeError(
        .outOfMemory, error.what, remedy: advice.description, cause: error.cause)
    }
  }
}

/// What to do where a training does not fit a device's memory.
struct MemoryAdvice: CustomStringConvertible {
  /// Rows of the batch that did not fit.
  var batch: Int
  /// About what a row of it takes.
  var bytesPerRow: Int
  var weightCount: Int
  /// Bytes that the training got before it got no more, beside the data and the weights.
  var held: Int
  /// Bytes that the device has beside these, if nobody else has them.
  var free: Int
  var isCPU: Bool

  /// The largest half, quarter and so on of the batch that is sure to fit; 0 where none is.
  var fittingBatch: Int {
    // Nothing may have been got because a single tensor was too large: a quarter of the memory is
    // what every device gives to one. The optimizer's moments, an average and the best weights come
    // before any batch, and half is left for what no estimate foresees.
    let room = (max(held, free / 4) - 4 * 4 * weightCount) / 2
    var fitting = batch / 2
    while fitting > 0, fitting > room / max(1, bytesPerRow) { fitting /= 2 }
    return fitting
  }

  var description: String {
    let end = "fewer --hidden units. No checkpoint is lost."
    guard fittingBatch > 0 else {
      return "Not even a batch of 1 is sure to fit: use \(isCPU ? "" : "--device cpu, or ")\(end)"
    }
    let mebibytes = Double(batch) * Double(bytesPerRow) / Double(1 << 20)
    return "A batch of \(batch) takes about \(max(1, Int(mebibytes))) MiB. Try "
      + "--batch-size \(fittingBatch), or \(end)"
  }
}
