import SluiceCompute
import SluiceNN

extension Trainer {
  private static let mostRollbacks = 3

  /// Ends the training with a report, or goes back to the last checkpoint.
  ///
  /// - Throws: ``TrainingError``.
  func recover(from failure: NonFiniteStep) throws {
    log.discard()
    let report = try diagnose(failure)
    guard configuration.onNaN == .rollback, let lastCheckpoint,
      state.rollbacks < Self.mostRollbacks
    else { throw report }
    let rollbacks = state.rollbacks + 1
    let scale = state.learningRateScale / 2
    let seconds = clock.seconds
    try restore(lastCheckpoint)
    state.rollbacks = rollbacks
    state.learningRateScale = scale
    clock = TrainingClock(secondsBefore: seconds, step: state.step)
    logger?.warning(
      """
      \(report.what): back to step \(state.step), with \(scale) of the learning rate \
      (\(rollbacks) of \(Self.mostRollbacks) times)
      """)
  }

  /// Runs the step's batches again on the weights, which have not changed since, to see what is not
  /// finite.
  private func diagnose(_ failure: NonFiniteStep) throws -> TrainingError {
    let parameters = problem.parameters
    let layout = parameters.layout
    let backend = parameters.backend
    let step = failure.step
    let remedy =
      "Lower the learning rate, clip gradients (clip_norm), or look at these rows of the data; "
      + "on_nan: rollback goes back to the last checkpoint by itself"

    func report(_ what: String, parameters: [String], microBatch: Int) -> TrainingError {
      let rows = problem.describeBatch(step: step, microBatch: microBatch)
      var error = TrainingError(
        "training stopped at step \(step) of \(state.phase): \(what)"
          + (rows.isEmpty ? "" : "; the batch: \(rows)"), remedy: remedy)
      error.step = step
      error.parameters = parameters
      return error
    }

    let weights: [Float] = try backend.read(parameters.weights)
    let brokenWeights = layout.names(notFiniteIn: weights)
    if !brokenWeights.isEmpty {
      return report(
        "the weights of \(brokenWeights.listed) are no longer finite after the step before",
        parameters: brokenWeights, microBatch: 0)
    }
    let statistics = try backend.makeTensor([2])
    for microBatch in failure.entry.losses.indices {
      try backend.enqueue(Fill(parameters.gradients, with: 0))
      try enqueueBatch(step: step, microBatch: microBatch, into: statistics)
      let loss: [Float] = try backend.read(statistics)
      let broken = layout.names(notFiniteIn: try backend.read(parameters.gradients))
      let lossIsFinite = loss.allSatisfy(\.isFinite)
      if lossIsFinite && broken.isEmpty { continue }
      var what = lossIsFinite ? "" : "the loss itself is not finite (\(loss[0]))"
      if !broken.isEmpty {
        what += what.isEmpty ? "" : ", and "
        what += "the gradients of \(broken.listed) are not finite"
      }
      // Once more, looking at every operation: the first is the one to know.
      let watch = NumericWatch(parameters)
      try backend.enqueue(Fill(parameters.gradients, with: 0))
      try enqueueBatch(step: step, microBatch: microBatch, into: statistics, watch.watched)
      if let finding = watch.finding { what += "; the first to see it is the \(finding)" }
      return report(what, parameters: broken, microBatch: microBatch)
    }
    // Each is finite, but not the sum of their squares.
    let gradients: [Float] = try backend.read(parameters.gradients)
    let largest = layout.parameters.max {
      gradients[$0.range].largestMagnitude < gradients[$1.range].largestMagnitude
    }
    return report(
      "the gradients are too large to have a norm, the largest in \(largest?.name ?? "none")",
      parameters: largest.map { [$0.name] } ?? [], microBatch: 0)
  }
}

extension ParameterLayout {
  /// The parameters with a NaN or an infinity in their part of an arena.
  fileprivate func names(notFiniteIn arena: [Float]) -> [String] {
    parameters.filter { parameter in !arena[parameter.range].allSatisfy(\.isFinite) }.map(\.name)
  }
}

extension [String] {
  /// The first few, separated by commas.
  fileprivate var listed: String {
    prefix(4).joined(separator: ", ") + (count > 4 ? " and \(count - 4) more" : "")
  }
}

extension ArraySlice<Float> {
  fileprivate var largestMagnitude: Float { reduce(0) { Swift.max($0, abs($1)) } }
}
