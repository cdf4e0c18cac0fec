import Logging
import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// A run of the reviews task in its mode `history`, from rows to a model's folder.
///
/// The last share of time is held out first; the model is trained on what lies before it and reported
/// on by it, and then trained once more on all rows unless refused. It is several networks: each
/// leaves out another part of the training rows, which stay readable as history, and stops by them.
package final class HistoryTraining: TaskTraining {
  /// As it was given, with what it left open settled from the data.
  package let configuration: ReviewsConfiguration
  package var onEvent: (TrainingEvent) -> Void = { _ in }
  package var requiresPersistent = false
  package var shouldStop: () -> Bool = { false }

  let set: HistorySet
  let scale: RatingScale
  /// The rows that have a rating.
  private let rated: [Int]
  /// `[R]`: the class of each row's rating; −1 where it has none.
  let classes: [Int32]
  private let fingerprint: String
  let backend: any Backend
  let logger: Logger
  private var isAnnounced = false

  /// Rows that a training needs at least.
  private static let fewestRows = 20

  /// - Parameters:
  ///   - configuration: As read; what it leaves open is settled from the data.
  ///   - set: The rows.
  ///   - fingerprint: Tells these rows from others; a resumed run must have the same.
  /// - Throws: ``ConfigurationError`` where data and configuration do not fit together;
  ///   ``TableError`` where the ratings are no scale or there are too few rows.
  package init(
    _ configuration: ReviewsConfiguration, set: HistorySet, fingerprint: String,
    on backend: any Backend, logger: Logger
  ) throws {
    var configuration = configuration
    configuration.recipe = configuration.recipe ?? .history
    configuration.data = configuration.data.resolved(for: set.columns)
    try configuration.validate()
    self.configuration = configuration
    self.set = set
    self.fingerprint = fingerprint
    self.backend = backend
    self.logger = logger
    scale = try set.ratingScale()
    let classes = try set.classes(on: scale)
    self.classes = classes
    rated = classes.indices.filter { classes[$0] >= 0 }
    guard rated.count >= fewest else {
      throw TableError(
        file: set.file, what: "\(rated.count) rows have a rating, \(fewest) are needed",
        remedy: "Give more rows.")
    }
  }

  private var fewest: Int { max(Self.fewestRows, 2 * configuration.folds) }

  /// Trains, from the run's newest checkpoint if there is one, and writes the model.
  ///
  /// - Returns: Nil where the run was asked to stop; it can be resumed.
  package func train(in run: RunDirectory) throws -> RunResult? {
    if rated.count < set.count {
      logger.warning(
        "left out \(set.count - rated.count) rows without a rating in column \(set.columns.target)")
    }
    onEvent(.data(summary))
    let phases = try PhasedTraining(
      in: run, settings: ConfigurationFile.yaml(of: configuration), dataFingerprint: fingerprint,
      keepCheckpoints: configuration.training.keepCheckpoints, logger: logger)
    phases.shouldStop = shouldStop
    phases.onProgress = { self.onEvent(.progress($0)) }

    let result: HistoryEnsemble?
    var report: EvaluationReport
    if configuration.validation > 0 {
      let split = try split()
      guard
        let validated = try trainEnsemble("validate", rows: split.kept, in: phases)
      else { return nil }
      let model = validated.model
      report = try model.evaluate(
        HistoryRequest(set, classes: classes, model.preprocessing), rows: split.heldOut,
        notes: [
          "on the \(split.heldOut.count) rows from \(split.since) on, not seen in training; each is "
            + "rated from all rows before it"
        ])
      onEvent(.report(report))
      result =
        configuration.refit ? try trainEnsemble("member", rows: rated, in: phases) : validated
    } else {
      result = try trainEnsemble("member", rows: rated, in: phases)
      guard let result else { return nil }
      report = result.outOfFold
      onEvent(.report(report))
    }
    guard let result else { return nil }
    try run.writeModel(result.model.files())
    return RunResult(
      run: run.path, model: run.modelPath, device: backend.device.id,
      strategy: try result.model.strategies(), epochs: configuration.training.epochs,
      steps: phases.steps, seconds: phases.seconds,
      sequencesPerSecond: Double(phases.sequences) / max(phases.seconds, 1e-9),
      trainLoss: result.trainLoss, validation: report)
  }

  /// Cuts the rows at a moment: rows of one moment stay together.
  private func split() throws -> (kept: [Int], heldOut: [Int], since: String) {
    let ordered = rated.sorted { (set.seconds[$0], $0) < (set.seconds[$1], $1) }
    let wanted = max(1, Int((Double(rated.count) * configuration.validation).rounded()))
    var moment = set.seconds[ordered[ordered.count - wanted]]
    if ordered.count(where: { set.seconds[$0] < moment }) < fewest,
      let next = ordered.first(where: { set.seconds[$0] > moment })
    {
      moment = set.seconds[next]
    }
    let kept = rated.filter { set.seconds[$0] < moment }
    guard kept.count >= fewest else {
      throw TableError(
        file: set.file,
        what: "the times in column \"\(set.columns.time)\" leave \(kept.count) rows to learn from "
          + "before the last share of time, \(fewest) are needed",
        remedy: "Give more rows, a smaller --validation, or --validation 0: then each network is "
          + "reported on by rows that it did not learn from.")
    }
    return (kept, rated.filter { set.seconds[$0] >= moment }, text(moment))
  }

  private func text(_ seconds: Int) -> String {
    (set.clock.format ?? .iso).string(Timestamp(seconds: seconds))
  }

  /// In a line: how many ratings, by how many users, of how many items, when.
  private var summary: String {
    var counts = [Int](repeating: 0, count: set.users.levels.count)
    var items = [Bool](repeating: false, count: set.items.levels.count)
    var first = Int.max
    var last = Int.min
    for row in rated {
      counts[Int(set.users.codes[row])] += 1
      items[Int(set.items.codes[row])] = true
      first = min(first, set.seconds[row])
      last = max(last, set.seconds[row])
    }
    let lengths = counts.filter { $0 > 0 }.sorted()
    return "\(rated.count) ratings by \(lengths.count) users of \(items.count { $0 }) items, "
      + "\(lengths[lengths.count / 2]) by the median user and \(lengths.last ?? 0) at most, from "
      + "\(text(first)) to \(text(last))"
  }

  /// Tells the network and its strategies, once.
  func announce(_ member: HistoryMember) throws {
    guard !isAnnounced else { return }
    isAnnounced = true
    let plans = try member.network.plans(on: backend, batch: configuration.batchSize)
    onEvent(
      .model(ModelSummary(member.network.layers), strategies: plans.map(\.description)))
    if requiresPersistent { try plans.requirePersistent() }
  }
}

/// The networks of one training.
struct HistoryEnsemble {
  let model: HistoryModel
  /// On the rows that single members did not learn from.
  let outOfFold: EvaluationReport
  /// The mean over the members.
  let trainLoss: Double
}
