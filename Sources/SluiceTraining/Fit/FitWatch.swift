/// Turns a trainer's questions into the callbacks of a fit.
final class FitWatch {
  /// Those that have ended; the last one perhaps half-way.
  private(set) var epochs: [FitProgress] = []
  // The trainer asks by a reference that does not keep this alive, so there is no cycle.
  private let trainer: Trainer
  private let onStep: ((inout FitProgress) -> Void)?
  private let onEpoch: ((inout FitProgress) -> Void)?
  private let start = ContinuousClock.now
  private var seenStep = 0

  init(
    _ trainer: Trainer, onEpoch: ((inout FitProgress) -> Void)?,
    onStep: ((inout FitProgress) -> Void)?
  ) {
    self.trainer = trainer
    self.onStep = onStep
    self.onEpoch = onEpoch
    trainer.watchesEpochs = true
    trainer.shouldStop = { [unowned self] in look() }
  }

  /// Looks at the step that has just been done, if it has not been looked at. Asked before every step.
  ///
  /// - Returns: whether the fit is to end.
  private func look() -> Bool {
    let step = trainer.state.step
    // After a rollback the same steps come again: told again.
    guard step > 0, step != seenStep else { return false }
    seenStep = step
    var stops = false
    if let onStep {
      var progress = progress(after: step)
      onStep(&progress)
      stops = progress.stops
    }
    if step % trainer.configuration.stepsPerEpoch == 0 {
      var progress = progress(after: step)
      onEpoch?(&progress)
      stops = stops || progress.stops
      epochs.append(progress)
    }
    return stops
  }

  /// Tells of the last step, after which the trainer does not ask any more.
  func finish() {
    _ = look()
    let step = trainer.state.step
    if step > 0, epochs.last?.step != step { epochs.append(progress(after: step)) }
  }

  private func progress(after step: Int) -> FitProgress {
    let (state, configuration) = (trainer.state, trainer.configuration)
    let isEpochEnd = step % configuration.stepsPerEpoch == 0
    return FitProgress(
      epoch: (step - 1) / configuration.stepsPerEpoch + 1, epochs: configuration.epochs, step: step,
      totalSteps: configuration.totalSteps, learningRate: state.lastLearningRate,
      trainingLoss: isEpochEnd ? state.trainingLoss : state.lastLoss ?? state.trainingLoss,
      validation: state.validation, seconds: start.duration(to: .now).seconds)
  }
}
