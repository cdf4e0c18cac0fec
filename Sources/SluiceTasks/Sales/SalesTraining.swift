import Logging
import SluiceCompute
import SluiceNN
import SluiceTraining

/// A run of the sales task, from rows to a model's folder.
///
/// The last steps are held out first: a model that has not seen them forecasts them, and the report
/// on that stands for what the user may expect. Then, unless refused, the final model is trained on
/// all rows, since a forecast starts from today.
package final class SalesTraining: TaskTraining {
  /// As it was given, with what it left open settled from the data.
  package let configuration: SalesConfiguration
  /// Told what happens; on the thread that runs.
  package var onEvent: (TrainingEvent) -> Void = { _ in }
  /// Whether a layer that the device cannot run persistently is an error instead of slow.
  package var requiresPersistent = false
  /// Asked before every step; once true the run writes a checkpoint and ends, to be resumed.
  package var shouldStop: () -> Bool = { false }

  private let set: SeriesSet
  private let fingerprint: String
  /// The series that are too short, by name.
  private let dropped: [String]
  private let backend: any Backend
  private let logger: Logger
  private var isAnnounced = false

  /// - Parameters:
  ///   - configuration: As read; what it leaves open is settled from the data.
  ///   - set: The rows.
  ///   - fingerprint: Tells these rows from others; a resumed run must have the same.
  /// - Throws: ``ConfigurationError`` where data and configuration do not fit together.
  package init(
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
  package func train(in run: RunDirectory) throws -> RunResult? {
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
    let phases = try PhasedTraining(
      in: run, settings: ConfigurationFile.yaml(of: configuration), dataFingerprint: fingerprint,
      keepCheckpoints: configuration.training.keepCheckpoints, logger: logger)
    phases.shouldStop = shouldStop
    phases.onProgress = { self.onEvent(.progress($0)) }
    let heldOut = configuration.heldOutSteps
    var report: EvaluationReport?
    var trained: (model: SalesModel, summary: PhaseSummary)?
    if heldOut > 0 {
      trained = try train("validate", cut: set.stepCount - heldOut, in: phases)
      guard let trained else { return nil }
      report = try validate(trained.model)
      if let report { onEvent(.report(report)) }
    }
    if configuration.refit || heldOut == 0 {
      trained = try train("refit", cut: set.stepCount, in: phases)
    }
    guard let trained else { return nil }
    try run.writeModel(trained.model.files())
    return RunResult(
      run: run.path, model: run.modelPath, device: backend.device.id,
      strategy: try trained.model.strategies(), epochs: configuration.training.epochs,
      steps: phases.steps, seconds: phases.seconds,
      sequencesPerSecond: trained.summary.sequencesPerSecond,
      trainLoss: trained.summary.trainingLoss, validation: report)
  }

  /// A fresh model fitted on the steps before `cut`.
  private func makeModel(cut: Int) throws -> SalesModel {
    let preprocessing = SalesPreprocessing(
      set, cut: cut, model: configuration.model,
      history: configuration.historySteps,
      horizon: configuration.horizonSteps)
    return try SalesModel(configuration, preprocessing, on: backend)
  }

  /// Tells the network and its strategies, once.
  private func announce(_ model: SalesModel) throws {
    guard !isAnnounced else { return }
    isAnnounced = true
    onEvent(.model(model.summary, strategies: try model.strategies()))
    if requiresPersistent { try model.plans().requirePersistent() }
  }

  /// Trains a model on the steps before `cut`.
  ///
  /// - Returns: Nil where the run was asked to stop.
  private func train(_ phase: String, cut: Int, in phases: PhasedTraining) throws -> (
    model: SalesModel, summary: PhaseSummary
  )? {
    let model = try makeModel(cut: cut)
    try announce(model)
    let (problem, data, starts) = try makeProblem(model, cut: cut)
    let result = try phases.train(
      phase, configuration.training, problem, bytesPerRow: model.network.bytesPerWindow)
    guard let result else { return nil }
    let trained = model.replacingParameters(result.parameters)
    try trained.measureErrors(data, starts: starts)
    return (trained, result.summary)
  }

  private func makeProblem(_ model: SalesModel, cut: Int) throws -> (
    problem: SalesProblem, data: SalesDataset, starts: [ClosedRange<Int>]
  ) {
    let known = set.learnable(at: cut)
    let features = model.preprocessing.features(
      of: SalesHistory(known, facts: model.preprocessing.series, steps: cut),
      calendar: model.preprocessing.calendar(configuration.model))
    let data = try SalesDataset(features, on: backend)
    let starts = starts(cut: cut, levelWindow: model.preprocessing.levelWindow)
    let problem = SalesProblem(
      model.network, parameters: model.parameters, data: data,
      sampler: SalesSampler(
        seed: configuration.training.seed, batchSize: configuration.batchSize,
        starts: starts,
        keyIndices: data.keyIndices, unknownRate: Float(configuration.model.unknownRate)),
      microBatches: configuration.training.gradientAccumulation,
      seriesName: { self.set.name(of: $0) }, stepName: { self.set.dateText($0) })
    return (problem, data, starts)
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

extension SalesTraining: SteppableTraining {
  package func makeFirstPhase() throws -> TrainingPhase {
    let cut = set.stepCount - configuration.heldOutSteps
    let model = try makeModel(cut: cut)
    return TrainingPhase(
      problem: try makeProblem(model, cut: cut).problem, configuration: configuration.training,
      plans: try model.plans())
  }
}
