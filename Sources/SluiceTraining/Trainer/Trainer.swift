import Logging
import SluiceCompute
import SluiceNN

/// Trains a ``TrainingProblem``: batches, optimizer, schedule, validation, early stopping, weight
/// average, metrics, checkpoints.
///
/// The same configuration, seed, data, device and build give the same weights to the bit, also
/// where the training was interrupted and resumed. The device is waited for once per logging
/// interval, and at validations and checkpoints.
///
/// Where the back end of the parameters has other ranks, each of them makes a trainer of the same problem
/// and configuration; they share the micro-batches of each step out, and come to the weights that one
/// alone would.
///
/// A run may train twice, to validate and then on all rows: make one trainer for each phase, the
/// second with `firstGlobalStep` set to the steps of the first.
public final class Trainer {
  /// What is trained.
  public let problem: any TrainingProblem
  /// How it is trained.
  public let configuration: TrainerConfiguration
  /// Where the training stands. The caller may keep things of its own in `taskState`.
  public var state: TrainingState
  /// Asked before every step; once true, a checkpoint is written and the training ends as
  /// ``TrainingOutcome/End/interrupted``.
  public var shouldStop: () -> Bool = { false }
  /// Asked while a step computes its gradients, by any thread: once true, the step is given up, and the
  /// training is as it was before. For steps that take long, beside ``shouldStop``.
  public var abandonsStep: (@Sendable () -> Bool)?
  /// Told how far the training is, about ten times a second at most.
  public var onProgress: (TrainingProgress) -> Void = { _ in }

  /// Whether losses are looked at at the end of every epoch, though nothing is validated.
  var watchesEpochs = false

  let checkpoints: CheckpointStore?
  let metrics: MetricsLog?
  let logger: Logger?
  let optimizer: Optimizer
  let average: WeightAverage?
  let earlyStopping: EarlyStopping?
  /// Losses and norms of the steps since the host last looked: a row for each step.
  let log: StepLog
  /// Those that train together; each has a trainer, and all take the same steps.
  let ranks: any Collective
  let gradientSum: GradientSum
  /// Whether they compute on devices of several kinds.
  private let ranksDiffer: Bool
  /// Where a rollback goes back to; kept only for that.
  var lastCheckpoint: Checkpoint?
  /// The global step of the checkpoint that was last written or loaded.
  var lastCheckpointStep: Int?
  var clock = TrainingClock()
  /// Whether validation gives metrics; known after the first one.
  var validates = true

  /// - Parameters:
  ///   - phase: its name in metrics and checkpoints: `validate`, `refit`.
  ///   - firstGlobalStep: the steps of the phases before, so that checkpoints number on.
  ///   - dataFingerprint: tells the data from others; a resumed run must have the same.
  ///   - checkpoints: nil: none are written.
  ///   - metrics: nil: none are written.
  /// - Throws: `ComputeError` with `.outOfMemory`; ``TrainingError`` where the length of an epoch is
  ///   not settled.
  public init(
    _ problem: any TrainingProblem, configuration: TrainerConfiguration, phase: String = "train",
    firstGlobalStep: Int = 0, dataFingerprint: String = "", checkpoints: CheckpointStore? = nil,
    metrics: MetricsLog? = nil, logger: Logger? = nil
  ) throws {
    guard configuration.stepsPerEpoch > 0 else {
      throw TrainingError(
        "`training.steps_per_epoch` is 0, one pass over the rows, and nobody has settled how many "
          + "steps that is", remedy: "Use `settled(stepsPerPass:)`, or give a number.")
    }
    self.problem = problem
    self.configuration = configuration
    self.checkpoints = checkpoints
    self.metrics = metrics
    self.logger = logger
    let parameters = problem.parameters
    ranks = parameters.backend.ranks
    optimizer = try Optimizer(
      configuration.optimizer, for: parameters, weightDecay: configuration.weightDecay,
      clipNorm: configuration.clipNorm)
    average = try configuration.weightAverage.map { try WeightAverage($0, of: parameters) }
    earlyStopping = configuration.earlyStopping.map { EarlyStopping($0) }
    let microBatches = max(1, configuration.gradientAccumulation)
    log = try StepLog(
      capacity: max(1, configuration.logEvery), microBatches: microBatches, on: parameters.backend)
    gradientSum = try GradientSum(of: parameters, microBatches: microBatches, over: ranks)
    ranksDiffer = try Set(ranks.gather(parameters.backend.device.arithmetic)).count > 1
    state = TrainingState(
      phase: phase, firstGlobalStep: firstGlobalStep, seed: configuration.seed,
      dataFingerprint: dataFingerprint)
    state.metricsRows = metrics?.rows.count ?? 0
  }

  /// Seconds spent so far in sending gradients and in waiting for those of other ranks.
  public var communicationSeconds: Double { gradientSum.seconds }

  /// Trains to the end of the phase, or until asked to stop.
  ///
  /// - Throws: ``TrainingError`` for a loss or gradient that is not finite; `FileError` where a
  ///   checkpoint or the metrics cannot be written; what the problem throws.
  public func run() throws -> TrainingOutcome {
    // Of steps taken one by one.
    try look()
    clock = TrainingClock(secondsBefore: state.seconds, step: state.step)
    if configuration.onNaN == .rollback, lastCheckpoint == nil {
      lastCheckpoint = try makeCheckpoint()
    }
    while true {
      do {
        return try runToEnd()
      } catch let failure as NonFiniteStep {
        try recover(from: failure)
      }
    }
  }

  private func runToEnd() throws -> TrainingOutcome {
    let total = configuration.totalSteps
    let first = state.step
    while !state.isComplete, state.step < total {
      if isToStop {
        try flush()
        if lastCheckpointStep != state.globalStep { try writeCheckpoint() }
        return outcome(.interrupted)
      }
      do {
        try step()
      } catch let error as ComputeError where error.code == .outOfMemory {
        throw advised(error, hadSufficed: state.step > first)
      } catch let error as ComputeError where error.code == .cancelled && isToStop {
        continue
      }
      let isLast = state.step == total
      let isDue = { (every: Int) in every > 0 && self.state.step % every == 0 }
      let isLogging = isLast || isDue(configuration.logEvery)
      let isValidating = isValidationPoint(after: state.step)
      let isCheckpointing = isDue(configuration.checkpointEvery)
      if isLogging || isCheckpointing || isLast || (isValidating && looksAtValidation) {
        try flush()
      }
      var validation: [MetricValue] = []
      if isValidating && (looksAtValidation || isLast) { validation = try validate() }
      if isLogging || !validation.isEmpty { try writeMetrics(validation) }
      let stops = earlyStopping?.shouldStop ?? false
      state.isComplete = isLast || stops
      if isCheckpointing || state.isComplete { try writeCheckpoint() }
      showProgress(always: state.isComplete || !validation.isEmpty)
    }
    return outcome(state.step < total ? .stoppedEarly : .finished)
  }

  /// Takes one optimizer step: clears the gradients, runs forward, loss and backward of each
  /// micro-batch, then the optimizer and the average of the weights. ``run()`` takes these steps, and
  /// validates, logs and writes checkpoints between them; a loop of one's own does what it likes.
  ///
  /// Steps may go on past those that are configured; the schedule then goes on too.
  ///
  /// - Note: Enqueues. Waits for the device only where the log of losses, `log_every` steps long, is
  ///   full: ``takeLoss()`` empties it.
  /// - Throws: What ``takeLoss()`` throws; what the problem throws.
  public func step() throws {
    if log.isFull { try look() }
    let slot = log.slot
    state.lastLearningRate = learningRate(ofStep: state.step)
    try gradientSum.compute(losses: slot.allLosses, wantsStop: shouldStop) { microBatch in
      try abandonable {
        try enqueueBatch(step: state.step, microBatch: microBatch, into: slot.losses[microBatch])
      }
    }
    try optimizer.step(
      number: state.step + 1, learningRate: state.lastLearningRate, squaredNorm: slot.squaredNorm,
      losses: slot.allLosses, average: average)
    try shareWeights()
    log.endStep()
    state.step += 1
  }

  /// Whether the training is to end before its next step: ranks agree on it with each step that they take.
  private var isToStop: Bool { ranks.size > 1 ? gradientSum.stops : shouldStop() }

  /// Runs what changes no weights, and may be given up.
  private func abandonable(_ body: () throws -> Void) throws {
    guard let abandonsStep else { return try body() }
    let backend = problem.parameters.backend
    backend.isCancelled = abandonsStep
    defer { backend.isCancelled = nil }
    try body()
  }

  /// Waits for the device, and gives the mean loss of the steps since this was last asked, or since
  /// ``run()`` last logged.
  ///
  /// - Returns: Nil where no step has been taken since.
  /// - Throws: ``TrainingError`` for a loss or gradient that is not finite, where it is not rolled
  ///   back.
  @discardableResult
  public func takeLoss() throws -> Double? {
    try look()
    defer { state.interval = LossAccumulator() }
    return state.interval.loss
  }

  /// Waits for the device, and goes back to the last checkpoint where it must.
  private func look() throws {
    do {
      try flush()
    } catch let failure as NonFiniteStep {
      try recover(from: failure)
    }
  }

  /// - Parameter parameters: Those of the problem where nil, or the same by way of another back end.
  func enqueueBatch(
    step: Int, microBatch: Int, into statistics: Tensor, _ parameters: ParameterArena? = nil
  ) throws {
    let count = max(1, configuration.gradientAccumulation)
    let tape = Tape(
      parameters ?? problem.parameters,
      mode: .training(
        seed: configuration.seed, step: UInt32(truncatingIfNeeded: step * count + microBatch)))
    try problem.enqueueBatch(
      step: step, microBatch: microBatch, tape: tape, statistics: statistics,
      gradientScale: 1 / Float(count))
  }

  /// The learning rate of a step as the schedule stands now.
  func learningRate(ofStep step: Int) -> Double {
    let factor = configuration.schedule.factor(
      step: step, of: configuration.totalSteps, plateau: state.plateau)
    return configuration.learningRate * factor * state.learningRateScale
  }

  /// Whether a validation is due once `step` steps have been done.
  func isValidationPoint(after step: Int) -> Bool {
    let every =
      configuration.validateEvery > 0 ? configuration.validateEvery : configuration.stepsPerEpoch
    return step % every == 0 || step == configuration.totalSteps
  }

  /// Whether anything looks at the losses or metrics of a validation point.
  private var looksAtValidation: Bool {
    if case .reduceOnPlateau = configuration.schedule { return true }
    return validates || watchesEpochs
  }

  /// The weights that count: averaged ones, if there are.
  var currentParameters: ParameterArena { average?.averaged ?? problem.parameters }

  private func validate() throws -> [MetricValue] {
    let parameters = currentParameters
    let values = try agreed(problem.validate(parameters))
    validates = !values.isEmpty
    if validates { state.validation = values }
    if case .reduceOnPlateau(_, _, _, let name, _) = configuration.schedule {
      let watched = try values.value(of: name, for: "schedule") ?? state.trainingLoss
      if let watched { state.plateau.observe(watched, under: configuration.schedule) }
    }
    try earlyStopping?.observe(values, step: state.step, parameters: parameters)
    return values
  }

  /// Metrics as rank 0 has them: on another kind of device the last digits are others, and all ranks are
  /// to come to the same decisions.
  private func agreed(_ values: [MetricValue]) throws -> [MetricValue] {
    let bits = try ranks.shared { values.flatMap { $0.value.bitPattern.littleEndianBytes } }
    return values.enumerated().map { place, metric in
      MetricValue(
        metric.name, Double(bitPattern: UInt64(littleEndianBytes: bits.dropFirst(8 * place))))
    }
  }

  /// Gives the weights of rank 0 to ranks that may have come to other last digits.
  private func shareWeights() throws {
    guard ranksDiffer else { return }
    let parameters = problem.parameters
    var weights: [Float] = try parameters.backend.read(parameters.weights)
    try weights.withUnsafeMutableBytes { try ranks.broadcast($0, from: 0) }
    if !ranks.isRoot { try parameters.backend.write(weights, to: parameters.weights) }
  }

  private func outcome(_ end: TrainingOutcome.End) -> TrainingOutcome {
    let seconds = clock.seconds
    let best = end == .interrupted ? nil : earlyStopping?.best
    return TrainingOutcome(
      end: end, parameters: best ?? currentParameters,
      bestStep: best == nil ? state.step : earlyStopping?.state.bestStep ?? state.step,
      steps: state.step, seconds: seconds,
      sequencesPerSecond: Double(state.step * problem.sequencesPerStep) / max(seconds, 1e-9),
      trainingLoss: state.trainingLoss,
      validation: best == nil ? state.validation : earlyStopping?.state.bestMetrics ?? [])
  }
}

extension Device {
  /// What may decide about the last digits of its results: all but the number of a CPU's threads.
  fileprivate var arithmetic: String {
    let model =
      id == "cpu" ? name.prefix(upTo: name.lastIndex(of: ",") ?? name.endIndex) : name[...]
    return [platform, driver, String(model)].joined(separator: "; ")
  }
}

extension UInt64 {
  fileprivate var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }

  /// - Parameter bytes: At least 8.
  fileprivate init(littleEndianBytes bytes: ArraySlice<UInt8>) {
    self = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
