import Logging
import SluiceCompute
import SluiceNN

/// What a fit is watched by.
public enum FitValidation: Sendable {
  /// Nothing.
  case none
  /// A share of the rows in `0 ..< 1`, drawn by the seed; the network does not learn from them.
  case share(Double)
  /// Other data.
  case data(SequenceData)
}

extension SequenceModel {
  /// Fits the weights to the data. Goes on from the weights as they are, with a new optimizer.
  ///
  /// The data are uploaded once, and batches are gathered on the device; rows of different length are
  /// put together by length. The same weights, data, settings, device and build give the same bits.
  ///
  /// - Parameters:
  ///   - data: With targets.
  ///   - epochs: Passes over the data.
  ///   - batchSize: Sequences in a step.
  ///   - learningRate: Multiplied by the schedule.
  ///   - optimizer: With its constants.
  ///   - schedule: How the learning rate changes over the steps.
  ///   - weightDecay: Of those parameters that decay: weights, not biases.
  ///   - clipNorm: The global norm that gradients are clipped to; nil: not clipped.
  ///   - validation: Measured at the end of every epoch.
  ///   - earlyStopping: Ends the fit once validation brings no improvement, and goes back to the best
  ///     weights. Watches the validation loss unless told otherwise.
  ///   - seed: Of the order of the rows, the validation share and dropout.
  ///   - onEpoch: Told at the end of every epoch; may end the fit.
  ///   - onStep: Told after every step; may end the fit. It does not wait for the device.
  /// - Throws: ``ComputeError`` where the data do not fit the network, or the device fails;
  ///   `SettingError` for a setting out of its range; ``TrainingError`` for a loss or gradient that is
  ///   not finite: then the weights are those of the step before.
  @discardableResult
  public func fit(
    _ data: SequenceData, epochs: Int = 10, batchSize: Int = 32, learningRate: Double = 1e-3,
    optimizer: OptimizerConfiguration = .adam(), schedule: LearningRateSchedule = .constant,
    weightDecay: Double = 0, clipNorm: Double? = nil, validation: FitValidation = .none,
    earlyStopping: EarlyStoppingConfiguration? = nil, seed: UInt64 = 1,
    onEpoch: ((inout FitProgress) -> Void)? = nil, onStep: ((inout FitProgress) -> Void)? = nil
  ) throws -> FitResult {
    var configuration = TrainerConfiguration()
    configuration.seed = seed
    configuration.epochs = epochs
    configuration.stepsPerEpoch = 0
    configuration.learningRate = learningRate
    configuration.optimizer = optimizer
    configuration.schedule = schedule
    configuration.weightDecay = weightDecay
    configuration.clipNorm = clipNorm
    configuration.earlyStopping = earlyStopping
    return try fit(
      data, configuration: configuration, batchSize: batchSize, validation: validation,
      onEpoch: onEpoch, onStep: onStep)
  }

  /// Fits the weights to the data with every setting that a ``Trainer`` has.
  ///
  /// - Parameters:
  ///   - configuration: With 0 steps an epoch, an epoch is one pass over the rows. With a weight average,
  ///     the model's weights become the averaged ones.
  ///   - metrics: Where to write the course of the training; nil: nowhere.
  ///   - logger: For warnings.
  /// - Throws: As ``fit(_:epochs:batchSize:learningRate:optimizer:schedule:weightDecay:clipNorm:validation:earlyStopping:seed:onEpoch:onStep:)``.
  @discardableResult
  public func fit(
    _ data: SequenceData, configuration: TrainerConfiguration, batchSize: Int = 32,
    validation: FitValidation = .none, metrics: MetricsLog? = nil, logger: Logger? = nil,
    onEpoch: ((inout FitProgress) -> Void)? = nil, onStep: ((inout FitProgress) -> Void)? = nil
  ) throws -> FitResult {
    try configuration.validate()
    let problem = try problem(data, configuration, batchSize, validation)
    let settled = configuration.settled(stepsPerPass: problem.stepsPerPass)
    let trainer = try Trainer(problem, configuration: settled, metrics: metrics, logger: logger)
    let watch = FitWatch(trainer, onEpoch: onEpoch, onStep: onStep)
    let outcome = try trainer.run()
    watch.finish()
    if outcome.parameters.weights.buffer !== parameters.weights.buffer {
      try backend.enqueue(Copy(outcome.parameters.weights, to: parameters.weights))
    }
    return FitResult(
      end: outcome.end, epochs: watch.epochs, steps: outcome.steps, bestStep: outcome.bestStep,
      trainingLoss: watch.epochs.last?.trainingLoss ?? outcome.trainingLoss,
      validation: outcome.validation, seconds: outcome.seconds)
  }

  private func problem(
    _ data: SequenceData, _ configuration: TrainerConfiguration, _ batchSize: Int,
    _ validation: FitValidation
  ) throws -> FitProblem {
    guard batchSize > 0 else {
      throw ComputeError(
        .invalidArgument, "a batch of \(batchSize) sequences", remedy: "Give one at least")
    }
    let all = try scorer(for: data, batchSize: max(batchSize, 256))
    var rows = (0..<Int32(data.count)).map { $0 }
    var heldOut: (scorer: SequenceScorer, rows: [Int32])?
    switch validation {
    case .none:
      guard configuration.earlyStopping == nil else {
        throw ComputeError(
          .invalidArgument, "early stopping watches a validation, and there is none",
          remedy: "Give `validation: .share(0.1)`, or data")
      }
    case .share(let share):
      let count = share > 0 && share < 1 ? Int((share * Double(data.count)).rounded()) : 0
      guard count > 0, count < data.count else {
        throw ComputeError(
          .invalidArgument, "a share of \(share) of \(data.count) sequences to validate on",
          remedy: "Give a share that leaves one sequence at least on each side")
      }
      // By a stream of its own, so that the batches stay what they are.
      var generator = PhiloxGenerator(
        RandomStream(seed: configuration.seed, stream: RandomStream.samplers + 1))
      generator.shuffle(&rows)
      heldOut = (all, rows.prefix(count).sorted())
      rows = rows.dropFirst(count).sorted()
    case .data(let other):
      let scorer = try scorer(for: other, batchSize: max(batchSize, 256))
      heldOut = (scorer, (0..<Int32(other.count)).map { $0 })
    }
    return FitProblem(
      all, rows: rows, validation: heldOut, batchSize: min(batchSize, rows.count),
      microBatches: configuration.gradientAccumulation, seed: configuration.seed)
  }
}
