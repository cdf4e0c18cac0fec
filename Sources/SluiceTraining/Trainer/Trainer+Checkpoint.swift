import SluiceCompute
import SluiceNN

extension Trainer {
  /// Goes on from a checkpoint: weights, optimizer, schedule, average, early stopping and metrics.
  ///
  /// - Throws: ``TrainingError`` where the checkpoint is of another phase, seed or data;
  ///   ``SafetensorsError`` where it is of another model; `FileError`.
  public func resume(from checkpoint: Checkpoint) throws {
    let saved = checkpoint.state
    func check(_ same: Bool, _ what: String, _ remedy: String) throws {
      if !same { throw TrainingError("the checkpoint is \(what)", remedy: remedy) }
    }
    try check(
      saved.phase == state.phase, "of the phase \(saved.phase), not \(state.phase)",
      "Resume that phase first")
    try check(
      saved.dataFingerprint == state.dataFingerprint, "of other data",
      "Resume with the data that the run began with, or train anew in another folder")
    try check(
      saved.seed == configuration.seed,
      "of a run with the seed \(saved.seed), not \(configuration.seed)",
      "Resume with the same seed, or train anew in another folder")
    try check(
      saved.step <= configuration.totalSteps,
      "\(saved.step) steps old, more than the \(configuration.totalSteps) to be done",
      "Resume with as many epochs as the run began with")
    try restore(checkpoint)
    if configuration.onNaN == .rollback { lastCheckpoint = checkpoint }
    try checkpoints?.setAside(beyond: saved.globalStep)
  }

  /// Puts everything back to what it was at the checkpoint.
  func restore(_ checkpoint: Checkpoint) throws {
    let parameters = problem.parameters
    let layout = parameters.layout
    let backend = parameters.backend
    let name = "checkpoint step-\(checkpoint.state.globalStep)"
    try parameters.load(checkpoint.model, file: "\(name)/model.safetensors")
    let tensors = checkpoint.optimizer
    let file = "\(name)/optimizer.safetensors"
    try optimizer.load(tensors, file: file)
    try optimizer.resetHalt()
    if let average {
      let values = try layout.arena(from: tensors, prefix: Self.averagePrefix, file: file)
      try backend.write(values, to: average.averaged.weights)
    }
    if let earlyStopping, let saved = checkpoint.state.earlyStopping {
      var best: ParameterArena?
      if saved.best != nil {
        let values = try layout.arena(from: tensors, prefix: Self.bestPrefix, file: file)
        let weights = try backend.makeTensor(parameters.weights.shape, values)
        best = ParameterArena(parameters, weights: weights)
      }
      earlyStopping.restore(saved, best: best)
    }
    log.discard()
    state = checkpoint.state
    lastCheckpointStep = state.globalStep
    if let metrics, try !metrics.truncate(toRows: state.metricsRows) {
      logger?.warning("\(metrics.path) lacks rows of the steps before \(state.step)")
      state.metricsRows = metrics.rows.count
    }
  }

  /// Writes a checkpoint, if there is a store. Waits for the device.
  func writeCheckpoint() throws {
    state.seconds = clock.seconds
    guard checkpoints != nil || configuration.onNaN == .rollback else { return }
    let checkpoint = try makeCheckpoint()
    try metrics?.synchronize()
    try checkpoints?.write(checkpoint)
    lastCheckpointStep = state.globalStep
    if configuration.onNaN == .rollback { lastCheckpoint = checkpoint }
  }

  /// - Precondition: nothing is pending in the log.
  func makeCheckpoint() throws -> Checkpoint {
    let parameters = problem.parameters
    let backend = parameters.backend
    state.earlyStopping = earlyStopping?.state
    var tensors = try optimizer.namedState()
    if let average {
      let values: [Float] = try backend.read(average.averaged.weights)
      tensors += parameters.layout.named(values, prefix: Self.averagePrefix)
    }
    if let best = earlyStopping?.best {
      let values: [Float] = try backend.read(best.weights)
      tensors += parameters.layout.named(values, prefix: Self.bestPrefix)
    }
    return Checkpoint(
      state: state, model: Safetensors(try parameters.namedWeights(), metadata: ["format": "pt"]),
      optimizer: Safetensors(tensors))
  }

  private static let averagePrefix = "average."
  private static let bestPrefix = "best."
}
