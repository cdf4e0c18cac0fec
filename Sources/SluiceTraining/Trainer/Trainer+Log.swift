import SluiceCompute

/// A step whose loss or gradient was not finite. From it on the weights have not changed.
struct NonFiniteStep: Error {
  var step: Int
  var entry: StepLog.Entry
}

extension Trainer {
  /// Waits for the device and takes in the losses of the steps since the last time.
  ///
  /// - Throws: ``NonFiniteStep``.
  func flush() throws {
    let entries = try log.take()
    let first = state.step - entries.count
    for (index, entry) in entries.enumerated() {
      guard entry.isFinite else { throw NonFiniteStep(step: first + index, entry: entry) }
      let norm = Double(entry.squaredNorm).squareRoot()
      state.interval.add(losses: entry.losses, norm: norm)
      state.sinceValidation.add(losses: entry.losses, norm: norm)
      if isValidationPoint(after: first + index + 1) {
        state.trainingLoss = state.sinceValidation.loss
        state.sinceValidation = LossAccumulator()
      }
    }
  }

  /// Appends a row of metrics over the steps since the last row.
  func writeMetrics(_ validation: [MetricValue]) throws {
    let pace = clock.endInterval(step: state.step)
    try metrics?.append(
      standard: [
        state.phase, String(epoch), String(state.step), MetricsLog.number(state.lastLearningRate),
        MetricsLog.number(state.interval.loss), MetricsLog.number(state.interval.gradientNorm),
        MetricsLog.number(pace * Double(problem.sequencesPerStep)),
        MetricsLog.number(clock.seconds),
      ], validation: validation)
    state.lastLoss = state.interval.loss
    state.interval = LossAccumulator()
    state.metricsRows = metrics?.rows.count ?? 0
  }

  /// Tells the caller how far the training is. Never waits.
  func showProgress(always: Bool) {
    guard clock.isTimeToShow(always: always) else { return }
    let pace = clock.pace ?? clock.meanPace(step: state.step)
    let secondsPerStep = 1 / max(clock.meanPace(step: state.step), 1e-9)
    onProgress(
      TrainingProgress(
        phase: state.phase, epoch: epoch, epochs: configuration.epochs, step: state.step,
        totalSteps: configuration.totalSteps, learningRate: state.lastLearningRate,
        loss: state.lastLoss,
        sequencesPerSecond: pace * Double(problem.sequencesPerStep),
        secondsPerStep: secondsPerStep,
        runSecondsLeft: Double(configuration.totalSteps - state.step) * secondsPerStep,
        validation: state.validation))
  }

  /// The epoch of the last step, from 1.
  private var epoch: Int { max(0, state.step - 1) / configuration.stepsPerEpoch + 1 }
}
