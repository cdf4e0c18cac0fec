import Logging
import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// A run of the reviews task, from rows to a model's folder.
///
/// The model is several networks. The rows are cut into parts; each network leaves one of them out,
/// stops by it, and is reported on by it. With rows held out on top of that, the report is on those,
/// and the final model is trained once more on all rows unless refused.
package final class ReviewsTraining: TaskTraining {
  /// As it was given, with what it left open settled from the data.
  package let configuration: ReviewsConfiguration
  package var onEvent: (TrainingEvent) -> Void = { _ in }
  package var requiresPersistent = false
  package var shouldStop: () -> Bool = { false }

  let set: ReviewSet
  let scale: RatingScale
  /// The rows that have a rating.
  let rated: [Int]
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
  ///   - scale: The ratings that the rows may have.
  ///   - fingerprint: Tells these rows from others; a resumed run must have the same.
  /// - Throws: ``ConfigurationError`` where data and configuration do not fit together;
  ///   ``TableError`` where there are too few rows.
  package init(
    _ configuration: ReviewsConfiguration, set: ReviewSet, fingerprint: String,
    on backend: any Backend, logger: Logger
  ) throws {
    let configuration = configuration.resolved(for: set)
    try configuration.validate()
    self.configuration = configuration
    self.set = set
    self.fingerprint = fingerprint
    self.backend = backend
    self.logger = logger
    let scale = try set.ratingScale()
    self.scale = scale
    classes = set.ratings.map { rating in
      rating.flatMap { scale.index(of: $0) }.map { Int32($0) } ?? -1
    }
    rated = set.ratings.indices.filter { set.ratings[$0] != nil }
    let needed = max(Self.fewestRows, 2 * configuration.folds)
    guard rated.count >= needed else {
      throw TableError(
        file: set.file, what: "\(rated.count) rows have a rating, \(needed) are needed",
        remedy: "Give more rows.")
    }
  }

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

    let result: ReviewEnsemble?
    var report: EvaluationReport
    if configuration.validation > 0 {
      let split = StratifiedFolds.split(
        labels: rated.map { Int(classes[$0]) }, holdingOut: configuration.validation,
        seed: configuration.training.seed)
      let kept = split.kept.map { rated[$0] }
      guard let validated = try trainEnsemble("validate", rows: kept, in: phases) else {
        return nil
      }
      report = try validated.model.evaluate(
        set, rows: split.heldOut.map { rated[$0] }, classes: classes,
        notes: ["on \(split.heldOut.count) rows held out at random, not seen in training"])
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

  /// In a line: how many reviews, how long, how rated.
  private var summary: String {
    let counts = counts(of: rated)
    let shares = counts.indices.map { "\(scale.name($0)): \(counts[$0])" }
    let tokens = set.texts.tokens.count
    let empty = (0..<set.count).count { set.texts[$0].isEmpty }
    return "\(rated.count) reviews of \(tokens / max(1, set.count)) tokens in the mean"
      + (empty > 0 ? ", \(empty) without text" : "")
      + "; ratings \(shares.joined(separator: ", "))"
  }

  /// `[K]`: how many of the rows have each rating.
  func counts(of rows: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: scale.count)
    for row in rows { counts[Int(classes[row])] += 1 }
    return counts
  }

  /// Tells the network and its strategies, once.
  func announce(_ member: ReviewMember) throws {
    guard !isAnnounced else { return }
    isAnnounced = true
    let plans = try member.network.plans(on: backend, batch: configuration.batchSize)
    onEvent(
      .model(ModelSummary(member.network.layers), strategies: plans.map(\.description)))
    if requiresPersistent { try plans.requirePersistent() }
  }
}

/// The networks of one training.
struct ReviewEnsemble {
  let model: ReviewsModel
  /// On the rows that single members did not learn from.
  let outOfFold: EvaluationReport
  /// The mean over the members.
  let trainLoss: Double
}
