import Logging
import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// A run of the churn task, from rows to a model's folder.
///
/// An ensemble learns: the customers are dealt into folds, and each member learns from all folds but
/// one, which says when to stop. So every customer has a prediction by members that did not learn
/// from it; on these the probabilities are calibrated and the threshold is chosen. With a share for
/// validation, an ensemble that has not seen the held-out customers at all is trained first and
/// reported on.
package final class ChurnTraining: TaskTraining {
  package let configuration: ChurnConfiguration
  package var onEvent: (TrainingEvent) -> Void = { _ in }
  package var requiresPersistent = false
  package var shouldStop: () -> Bool = { false }

  private let customers: CustomerTable
  /// The customers whose end is known, and which it is.
  private let labelled: [Int]
  private let labels: [Bool]
  private let fingerprint: String
  private let backend: any Backend
  private let logger: Logger
  private var isAnnounced = false

  /// - Parameters:
  ///   - configuration: As read; what it leaves open is settled from the data.
  ///   - fingerprint: Tells these rows from others; a resumed run must have the same.
  /// - Throws: ``ConfigurationError``; ``TableError`` where the rows cannot be learnt from.
  package init(
    _ configuration: ChurnConfiguration, table: Table, columns: ChurnColumns, fingerprint: String,
    on backend: any Backend, logger: Logger
  ) throws {
    let configuration = configuration.resolved(for: columns)
    try configuration.validate()
    self.configuration = configuration
    self.fingerprint = fingerprint
    self.backend = backend
    self.logger = logger
    customers = try CustomerTable(table, columns: columns)
    let known = try customers.labels()
    labelled = known.indices.filter { known[$0] != nil }
    labels = known.compactMap { $0 }
    let folds = configuration.ensemble.folds
    let gone = labels.count { $0 }
    guard min(gone, labels.count - gone) >= folds else {
      throw table.error(
        what: "\(gone) customers are gone and \(labels.count - gone) stayed; each kind needs at "
          + "least \(folds), one for each fold",
        remedy: "Give more rows, or set `ensemble.folds` lower in the configuration.")
    }
  }

  package func train(in run: RunDirectory) throws -> RunResult? {
    announceData()
    let phases = try PhasedTraining(
      in: run, settings: ConfigurationFile.yaml(of: configuration), dataFingerprint: fingerprint,
      keepCheckpoints: configuration.training.keepCheckpoints, logger: logger)
    phases.shouldStop = shouldStop
    phases.onProgress = { self.onEvent(.progress($0)) }
    var report: EvaluationReport?
    var trained: ChurnEnsemble?
    if configuration.validation > 0 {
      let split = StratifiedFolds.split(
        labels: labels.map { $0 ? 1 : 0 }, holdingOut: configuration.validation,
        seed: configuration.training.seed)
      trained = try ensemble("validate", of: split.kept, in: phases)
      guard let trained else { return nil }
      report = try trained.report(
        on: split.heldOut.map { labelled[$0] }, labels: split.heldOut.map { labels[$0] },
        notes: ["on \(split.heldOut.count) customers that were held out of training"])
    }
    if configuration.refit || configuration.validation == 0 {
      trained = try ensemble("member", of: Array(labels.indices), in: phases)
      guard let trained else { return nil }
      if report == nil { report = try trained.outOfFoldReport() }
    }
    guard let trained, let report else { return nil }
    onEvent(.report(report))
    try run.writeModel(trained.model.files())
    return RunResult(
      run: run.path, model: run.modelPath, device: backend.device.id,
      strategy: try trained.plans().map(\.description), epochs: configuration.training.epochs,
      steps: phases.steps, seconds: phases.seconds,
      sequencesPerSecond: Double(phases.sequences) / max(phases.seconds, 1e-9),
      trainLoss: trained.trainingLoss, validation: report)
  }

  private func announceData() {
    let gone = labels.count { $0 }
    let share = DecimalText.of(100 * Double(gone) / Double(labels.count), places: 1)
    onEvent(.data("\(labels.count) customers, \(gone) of them gone (\(share) %)"))
    for column in customers.columns.ignored where column.reason != "as asked" {
      logger.info("column \"\(column.name)\" is left out: \(column.reason)")
    }
    for giveaway in Giveaway.find(in: customers, of: labelled, isGone: labels) {
      logger.warning("\(giveaway)")
    }
    if labels.count < customers.count {
      logger.warning(
        """
        \(customers.count - labels.count) customers are left out: their \
        \(customers.columns.target) is blank
        """)
    }
  }

  /// Trains the members on some of the labelled customers.
  ///
  /// - Returns: Nil where the run was asked to stop.
  private func ensemble(_ phase: String, of chosen: [Int], in phases: PhasedTraining) throws
    -> ChurnEnsemble?
  {
    let ensemble = try ChurnEnsemble(
      configuration, customers: customers, chosen: chosen.map { labelled[$0] },
      labels: chosen.map { labels[$0] }, on: backend)
    if !isAnnounced {
      isAnnounced = true
      onEvent(.model(ensemble.summary, strategies: try ensemble.plans().map(\.description)))
      if requiresPersistent { try ensemble.plans().requirePersistent() }
    }
    for member in 0..<configuration.memberCount {
      let settings = ensemble.trainerConfiguration(member)
      let result = try phases.train(
        "\(phase)-\(member + 1)", settings, ensemble.problem(member, settings),
        bytesPerRow: ensemble.bytesPerCustomer)
      guard let result else { return nil }
      try ensemble.finish(member, result.parameters, result.summary)
    }
    try ensemble.finish()
    return ensemble
  }
}

extension ChurnTraining: SteppableTraining {
  package func makeFirstPhase() throws -> TrainingPhase {
    let ensemble = try ChurnEnsemble(
      configuration, customers: customers, chosen: labelled, labels: labels, on: backend)
    let settings = ensemble.trainerConfiguration(0)
    return TrainingPhase(
      problem: try ensemble.problem(0, settings), configuration: settings,
      plans: try ensemble.plans())
  }
}
