import Logging
import SluiceCompute
import SluiceNN
import SluiceTraining

/// A run of the sales task, from rows to a model's folder.
///
/// The last steps are held out first: a model that has not seen them forecasts them, and the report
/// on that stands for what the user may expect. Then, unless refused, the final model is trained on
/// all rows, since a forecast starts from today.
public final class SalesTraining {
  /// As it was given, with what it left open settled from the data.
  public let configuration: SalesConfiguration
  /// Told what happens; on the thread that runs.
  public var onEvent: (TrainingEvent) -> Void = { _ in }
  /// Whether a layer that the device cannot run persistently is an error instead of slow.
  public var requiresPersistent = false
  /// Asked before every step; once true the run writes a checkpoint and ends, to be resumed.
  public var shouldStop: () -> Bool = { false }

  private let set: SeriesSet
  private let fingerprint: String
  /// The series that are too short, by name.
  private let dropped: [String]
  private let backend: any Backend
  private let logger: Logger

  /// The phases of a run, in order.
  private enum Phase: String {
    case validate, refit
  }

  /// - Parameters:
  ///   - configuration: As read; what it leaves open is settled from the data.
  ///   - set: The rows.
  ///   - fingerprint: Tells these rows from others; a resumed run must have the same.
  /// - Throws: ``ConfigurationError`` where data and configuration do not fit together.
  public init(
    _ configuration: SalesConfiguration, set: SeriesSet, fingerprint: String,
    on backend: any Backend, logger: Logger
  ) throws {
    let configuration = configuration.resolved(for: set)
    try configuration.validate()
    self.configuration = configuration
    self.fingerprint = fingerprint
    self.backend = backend
    self.logger = logger
    var set = set
    dropped = try set.dropSeries(
      shorterThan: configuration.neededSteps,
      because: "history \(configuration.historySteps), horizon \(configuration.horizonSteps), "
        + "\(configuration.heldOutSteps) held out")
    self.set = set
  }

  /// Trains, from the run's newest checkpoint if there is one, and writes the model.
  ///
  /// - Returns: Nil where the run was asked to stop; it can be resumed.
  public func train(in run: RunDirectory) throws -> RunResult? {
    if !dropped.isEmpty {
      logger.warning(
        """
        left out \(dropped.count) series with fewer than \
        \(configuration.neededSteps) steps (history \(configuration.historySteps), \
        horizon \(configuration.horizonSteps), held out \(configuration.heldOutSteps)): \
        \(dropped.prefix(5).joined(separator: "; "))\(dropped.count > 5 ? "; …" : "")
        """)
    }
    onEvent(.data(set.summary))
    let store = try CheckpointStore(
      folder: run.checkpointsPath, keep: configuration.training.keepCheckpoints)
    let checkpoint = try store.newest { self.logger.warning("\($0)") }
    if let checkpoint { try checkSettings(checkpoint, run) }
    let metrics = try MetricsLog(path: run.metricsPath)
    if checkpoint == nil { _ = try metrics.truncate(toRows: 0) }
    let heldOut = configuration.heldOutSteps
    let refits = configuration.refit || heldOut == 0
    var report: EvaluationReport?
    var result: PhaseResult?
    var firstStep = 0
    var secondsBefore = 0.0
    if heldOut > 0 {
      if let checkpoint, checkpoint.state.phase == Phase.refit.rawValue {
        report = try checkpoint.state.taskState[Self.reportKey].map {
          try EvaluationReport(stored: $0)
        }
        firstStep = checkpoint.state.firstGlobalStep
        secondsBefore = checkpoint.state.taskState[Self.secondsKey].flatMap { Double($0) } ?? 0
      } else {
        let model = try makeModel(cut: set.stepCount - heldOut)
        try announce(model)
        let trained = try trainPhase(
          .validate, model, firstStep: 0, store, metrics, from: checkpoint, keeping: [:])
        guard let trained else { return nil }
        result = trained
        firstStep = trained.steps
        secondsBefore = trained.seconds
        report = try validate(model.replacingParameters(trained.parameters))
      }
      if let report { onEvent(.report(report)) }
    }
    if refits {
      let model = try makeModel(cut: set.stepCount)
      if result == nil { try announce(model) }
      let own = checkpoint.flatMap { $0.state.phase == Phase.refit.rawValue ? $0 : nil }
      var kept = [Self.secondsKey: "\(secondsBefore)"]
      kept[Self.reportKey] = try report?.stored()
      let trained = try trainPhase(
        .refit, model, firstStep: firstStep, store, metrics, from: own, keeping: kept)
      guard let trained else { return nil }
      result = trained
    }
    guard let result else { return nil }
    try run.writeModel(result.model.replacingParameters(result.parameters).files())
    return RunResult(
      run: run.path, model: run.modelPath, device: backend.device.id,
      strategy: try result.model.strategies(), epochs: configuration.training.epochs,
      steps: firstStep + (refits && heldOut > 0 ? result.steps : 0),
      seconds: result.seconds + (refits ? secondsBefore : 0),
      sequencesPerSecond: result.sequencesPerSecond, trainLoss: result.trainLoss,
      validation: report)
  }

  /// What the checkpoints of the second phase keep of the first.
  private static let reportKey = "validation_report"
  /// Every checkpoint says which settings it was made with.
  private static let settingsKey = "configuration"
  private static let secondsKey = "validation_seconds"

  private struct PhaseResult {
    var model: SalesModel
    var parameters: ParameterArena
    var steps: Int
    var seconds: Double
    var sequencesPerSecond: Double
    var trainLoss: Double
  }

  private func settingsChecksum() throws -> String {
    Checksum.hexadecimal(of: Array(try ConfigurationFile.yaml(of: configuration).utf8))
  }

  /// Refuses to go on with other settings than the run began with: it would not be the same run.
  private func checkSettings(_ checkpoint: Checkpoint, _ run: RunDirectory) throws {
    guard checkpoint.state.taskState[Self.settingsKey] != (try settingsChecksum()) else { return }
    throw ConfigurationError(
      "\(run.configurationPath): the settings are not those that the run began with. Undo the "
        + "change, or train anew in another folder.")
  }

  /// A fresh model fitted on the steps before `cut`.
  private func makeModel(cut: Int) throws -> SalesModel {
    let preprocessing = SalesPreprocessing(
      set, cut: cut, model: configuration.model,
      history: configuration.historySteps,
      horizon: configuration.horizonSteps)
    return try SalesModel(configuration, preprocessing, on: backend)
  }

  private func announce(_ model: SalesModel) throws {
    onEvent(.model(model.summary, strategies: try model.strategies()))
    guard requiresPersistent,
      let lost = try model.plans().first(where: { $0.plan.strategy != .persistent })
    else { return }
    throw ComputeError(
      .unsupported, "\(lost.name) would run \(lost.plan.strategy.rawValue): \(lost.plan.reason)",
      remedy: "Choose fewer hidden units or another device, or leave out --require-persistent.")
  }

  private func trainPhase(
    _ phase: Phase, _ model: SalesModel, firstStep: Int, _ store: CheckpointStore,
    _ metrics: MetricsLog, from checkpoint: Checkpoint?, keeping kept: [String: String]
  ) throws -> PhaseResult? {
    let cut = model.preprocessing.trainedSteps
    let known = set.learnable(at: cut)
    let features = model.preprocessing.features(
      of: SalesHistory(known, facts: model.preprocessing.series, steps: cut),
      calendar: model.preprocessing.calendar(configuration.model))
    let data = try SalesDataset(features, on: backend)
    let problem = SalesProblem(
      model.network, parameters: model.parameters, data: data,
      sampler: SalesSampler(
        seed: configuration.training.seed, batchSize: configuration.batchSize,
        starts: starts(cut: cut, levelWindow: model.preprocessing.levelWindow),
        keyIndices: data.keyIndices, unknownRate: Float(configuration.model.unknownRate)),
      microBatches: configuration.training.gradientAccumulation,
      seriesName: { self.set.name(of: $0) }, stepName: { self.set.dateText($0) })
    let trainer = try Trainer(
      problem, configuration: configuration.training, phase: phase.rawValue,
      firstGlobalStep: firstStep, dataFingerprint: fingerprint, checkpoints: store,
      metrics: metrics, logger: logger)
    trainer.state.taskState = kept
    trainer.state.taskState[Self.settingsKey] = try settingsChecksum()
    trainer.shouldStop = shouldStop
    trainer.onProgress = { self.onEvent(.progress($0)) }
    if let checkpoint { try trainer.resume(from: checkpoint) }
    let outcome = try advisingOnMemory(model) { try trainer.run() }
    if outcome.end == .interrupted { return nil }
    return PhaseResult(
      model: model, parameters: outcome.parameters, steps: outcome.steps,
      seconds: outcome.seconds, sequencesPerSecond: outcome.sequencesPerSecond,
      trainLoss: outcome.trainingLoss ?? .nan)
  }

  /// Runs `body`; where the device's memory is exhausted, says which batch would fit.
  private func advisingOnMemory<Result>(_ model: SalesModel, _ body: () throws -> Result) throws
    -> Result
  {
    let before = backend.memory.current
    do {
      return try body()
    } catch let error as ComputeError where error.code == .outOfMemory {
      // What was to be had beside the data and the weights.
      let room = max(0, backend.memory.peak - before)
      var fitting = 1
      while fitting * 2 < configuration.batchSize,
        fitting * 2 * model.network.bytesPerWindow <= room
      { fitting *= 2 }
      throw ComputeError(
        .outOfMemory, error.what,
        remedy: "A batch of \(configuration.batchSize) windows takes about "
          + "\((configuration.batchSize * model.network.bytesPerWindow) >> 20) MiB. Try --batch-size "
          + "\(fitting), or fewer --hidden units; the last checkpoint is intact.",
        cause: error.cause)
    }
  }

  /// The starts that windows of each series may have: the level is to be known where there is data
  /// enough, and every window to lie before the cut.
  private func starts(cut: Int, levelWindow: Int) -> [ClosedRange<Int>] {
    let history = configuration.historySteps
    let last = cut - configuration.horizonSteps
    return set.firstStep.map { first in
      min(max(first + history, levelWindow), last)...last
    }
  }

  /// Forecasts what was held out, horizon after horizon, and scores it.
  private func validate(_ model: SalesModel) throws -> EvaluationReport {
    var evaluation = SalesEvaluation()
    let cut = model.preprocessing.trainedSteps
    for start in stride(from: cut, to: set.stepCount, by: configuration.horizonSteps) {
      let known = set.learnable(at: start)
      let facts = model.preprocessing.series
      let features = model.preprocessing.features(
        of: SalesHistory(known, facts: facts, steps: set.stepCount),
        calendar: model.preprocessing.calendar(configuration.model))
      let forecast = try model.forecaster.forecast(
        SalesDataset(features, on: backend), start: start, origin: 0, facts: facts)
      evaluation.add(forecast, of: set.asKnown(at: start), start: start)
    }
    return evaluation.report(
      quantiles: configuration.model.quantiles,
      notes: [
        "on \(set.dateText(cut)) to \(set.dateText(set.stepCount - 1)), not seen in training"
      ])
  }
}
