import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// The training of an ensemble: the rows are cut into parts; each network leaves one of them out, stops
/// by it, and is reported on by it.
package final class ReviewsLearning: TaskLearning {
  package typealias Task = ReviewsTask

  private let task: ReviewsTask
  private let rows: [Int]
  let folds: StratifiedFolds
  private let backend: any Backend
  private var encoders: [ReviewEncoder] = []
  private var scored: [ScoredRows] = []
  /// Of the baseline, those that are still to choose from.
  private var penalties = BagOfWords.penalties
  /// What belongs to the network in training.
  private var begun: (rows: [Int], heldOut: [Int], reviews: ReviewDataset)?

  /// Held-out rows of one network that are enough to choose the baseline's penalty by.
  private static let rowsThatSettle = 1500

  init(_ task: ReviewsTask, from rows: [Int], on backend: any Backend) {
    self.task = task
    self.rows = rows
    self.backend = backend
    folds = StratifiedFolds(
      labels: rows.map { Int(task.classes[$0]) }, groups: rows.map { task.firstOfEqual[$0] },
      foldCount: task.settings.folds,
      seed: task.settings.training.seed)
  }

  package func begin(member: Int) throws -> BegunNetwork<ReviewRater> {
    let (set, scale, classes, settings) = (task.set, task.scale, task.classes, task.settings)
    let own = folds.rows(outside: member).map { rows[$0] }
    let heldOut = folds.rows(in: member).map { rows[$0] }
    let counts = task.counts(of: own)
    let moments = scale.moments(counts: counts)
    let deviations = classes.map { index in
      index < 0
        ? 0 : Float((scale.values[Int(index)] - moments.mean) / max(moments.deviation, 1e-9))
    }
    let seed = settings.training.seed &+ UInt64(member)
    let encoder = ReviewEncoder(
      set, rows: own, deviations: deviations, moments: moments, model: settings.model)
    let identities = encoder.outOfFoldIdentities(
      set, rows: own, deviations: deviations, folds: 10, seed: seed)
    let reviews = try ReviewDataset(
      encoder.encode(
        set, rows: own, classes: classes, model: settings.model, identities: identities),
      on: backend)
    let left = try ReviewDataset(
      encoder.encode(set, rows: heldOut, classes: classes, model: settings.model), on: backend)
    encoders.append(encoder)
    begun = (own, heldOut, left)

    let network = try ReviewRater(
      settings.model, encoder: encoder, columns: set.columns, scale: scale, on: backend)
    let sampler = LengthSampler(
      lengths: (0..<reviews.count).map { reviews.host.length($0) }, batchSize: settings.batchSize,
      seed: seed)
    let microBatches = settings.training.gradientAccumulation
    var training = settings.training.settled(stepsPerPass: sampler.batchesPerEpoch / microBatches)
    training.seed = seed
    let ratingLoss = try RatingLoss(
      network.reader.output, scale: scale,
      classWeights: settings.classWeight.weights(counts: counts), on: backend)
    let problem = BatchProblem(
      try ParameterArena(network.layout, on: backend, seed: seed),
      sequencesPerStep: settings.batchSize * microBatches,
      draw: { sampler.indices(batch: $0 * microBatches + $1) },
      describe: { "reviews of " + listed($0.map { "row \(own[Int($0)] + 1)" }) },
      metrics: { try network.metrics(on: left, $0) },
      loss: { (batch: [Int32], loss) in
        let (scores, classes) = try network.scores(batch, of: reviews, on: loss.tape)
        try ratingLoss(scores, classes: classes, to: loss)
      })
    return BegunNetwork(network: network, problem: problem, configuration: training)
  }

  package func finish(member: Int, _ network: TrainedNetwork<ReviewRater>) throws {
    guard let begun else { return }
    self.begun = nil
    let (set, encoder) = (task.set, encoders[member])
    scored.append(
      ScoredRows(
        classes: begun.heldOut.map { Int(task.classes[$0]) },
        probabilities: try network.network.probabilities(of: begun.reviews, network.parameters),
        isSeen: begun.heldOut.map { encoder.knows(row: $0, of: set) },
        baselines: baselines(rows: begun.rows, heldOut: begun.heldOut, index: encoder.ngrams)))
    if begun.heldOut.count >= Self.rowsThatSettle { penalties = [bestPenalty()] }
  }

  package func conclude(_ networks: [TrainedNetwork<ReviewRater>]) -> (
    fitted: ReviewsPreprocessing, report: EvaluationReport?
  ) {
    let (set, scale) = (task.set, task.scale)
    let penalty = bestPenalty()
    let answers = OutOfFoldRatings(
      parts: scored.map {
        .init(
          classes: $0.classes, network: $0.probabilities, baseline: $0.baselines[penalty] ?? [])
      }, classCount: scale.count)
    let blend = task.settings.isBlended ? answers.blend() : nil
    let probabilities = blend == nil ? answers.network : answers.blended()
    let classes = answers.classes
    let decision = RatingDecision(
      counts: task.counts(of: rows), probabilities: probabilities, classes: classes)
    let evaluation = RatingEvaluation(
      task: Task.name, scale: scale, classes: classes,
      answers: RatingAnswers(probabilities, decision: decision, scale: scale), decision: decision,
      baselines: [decision.bagOfWords(answers.baseline, scale: scale)],
      parts: set.parts(isSeen: scored.flatMap(\.isSeen)))
    let fitted = ReviewsPreprocessing(
      columns: set.columns, scale: scale, trainedRows: rows.count, encoders: encoders,
      decision: decision, baseline: baseline(penalty: penalty), blend: blend)
    var notes = [
      "on \(classes.count) rows, each scored by the one of \(networks.count) networks that had "
        + "not learned from it; the model is the mean of all"
    ]
    if let blend {
      notes.append("blended by such rows: \(blend.summary(simpler: "bag of words"))")
    }
    return (fitted, evaluation.report(notes: notes))
  }

  /// What the baseline makes of held-out rows, by each penalty that is still to choose from.
  ///
  /// - Parameter index: The sequences of a network that learned from the same rows, if it has any.
  private func baselines(rows: [Int], heldOut: [Int], index: NGramIndex?) -> [Double: [Float]] {
    let features = features(of: rows, index: index)
    let own = features.rows(rows, of: task.set)
    let left = features.rows(heldOut, of: task.set)
    var found: [Double: [Float]] = [:]
    var last: BagOfWords?
    for penalty in penalties {
      let fit = BagOfWords(
        features, rows: own, labels: labels(rows), classCount: task.scale.count, penalty: penalty,
        start: last)
      found[penalty] = fit.probabilities(left)
      last = fit
    }
    return found
  }

  /// The penalty by which the baseline's log loss is least on held-out rows; the stronger one among
  /// equals.
  private func bestPenalty() -> Double {
    func loss(_ penalty: Double) -> Double {
      ProbabilityMetrics.logLoss(
        probabilities: scored.flatMap { ($0.baselines[penalty] ?? []).map(Double.init) },
        classCount: task.scale.count, actual: scored.flatMap(\.classes))
    }
    let losses = penalties.map { (penalty: $0, loss: loss($0)) }
    return losses.min { $0.loss < $1.loss }?.penalty ?? 1
  }

  /// The baseline, fitted on all rows.
  private func baseline(penalty: Double) -> BagOfWords {
    let features = features(of: rows, index: nil)
    return BagOfWords(
      features, rows: features.rows(rows, of: task.set), labels: labels(rows),
      classCount: task.scale.count, penalty: penalty)
  }

  private func features(of rows: [Int], index: NGramIndex?) -> TextFeatures {
    TextFeatures(
      task.set, rows: rows, classCount: task.scale.count, wide: task.settings.model.wide,
      words: index)
  }

  private func labels(_ rows: [Int]) -> [Int] { rows.map { Int(task.classes[$0]) } }
}

/// Rows with what was made of them by those who did not learn from them.
private struct ScoredRows {
  /// `[R]`
  var classes: [Int]
  /// `[R, K]`
  var probabilities: [Float]
  /// `[R]`
  var isSeen: [Bool]
  /// By penalty, `[R, K]`.
  var baselines: [Double: [Float]]
}
