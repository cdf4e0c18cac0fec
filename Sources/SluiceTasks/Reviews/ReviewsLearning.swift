import SluiceCompute
import SluiceNN
import SluiceReport
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
  /// Of all scored rows, one network's after the other's.
  private var scores: ReviewScores?
  /// Of the baseline, those that are still to choose from.
  private var regularisations: [BagOfWords.Regularisation]
  /// What belongs to the network in training.
  private var begun: (rows: [Int], heldOut: [Int], reviews: ReviewDataset)?

  /// Held-out rows of one network that are enough to choose how the baseline is held down.
  private static let rowsThatSettle = 1500

  init(_ task: ReviewsTask, from rows: [Int], on backend: any Backend) {
    self.task = task
    self.rows = rows
    self.backend = backend
    regularisations = BagOfWords.Regularisation.candidates(task.scale)
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
        rows: begun.heldOut, classes: labels(begun.heldOut), ratings: ratings(begun.heldOut),
        probabilities: try network.network.probabilities(of: begun.reviews, network.parameters),
        isSeen: begun.heldOut.map { encoder.knows(row: $0, of: set) },
        baselines: baselines(rows: begun.rows, heldOut: begun.heldOut, index: encoder.ngrams)))
    if begun.heldOut.count >= Self.rowsThatSettle { regularisations = [bestRegularisation()] }
  }

  package func conclude(_ networks: [TrainedNetwork<ReviewRater>]) -> (
    fitted: ReviewsPreprocessing, report: EvaluationReport?
  ) {
    guard task.scale.bounds == nil else { return concludeMeans(networks) }
    let (set, scale) = (task.set, task.scale)
    let best = bestRegularisation()
    let answers = OutOfFoldRatings(
      parts: scored.map {
        .init(
          classes: $0.classes, network: $0.probabilities, baseline: $0.baselines[best] ?? [])
      }, classCount: scale.count, isAlone: !task.settings.isBlended)
    let blend = networks.first?.network.reader.output.isProbable == true ? answers.blend() : nil
    let probabilities = blend == nil ? answers.network : answers.blended()
    let classes = answers.classes
    let decision = RatingDecision(
      counts: task.counts(of: rows), probabilities: probabilities, classes: classes)
    let evaluation = RatingEvaluation(
      task: Task.name, scale: scale, classes: classes,
      answers: RatingAnswers(probabilities, decision: decision, scale: scale), decision: decision,
      baselines: [decision.bagOfWords(answers.baseline, scale: scale)],
      parts: set.parts(isSeen: scored.flatMap(\.isSeen)))
    scores = .classes(evaluation)
    let fitted = ReviewsPreprocessing(
      columns: set.columns, scale: scale, trainedRows: rows.count, encoders: encoders,
      decision: decision, baseline: baseline(best), blend: blend)
    return (
      fitted, evaluation.report(notes: notes(blend?.note(simpler: "bag of words")))
    )
  }

  /// The same where ratings are of many values.
  private func concludeMeans(_ networks: [TrainedNetwork<ReviewRater>]) -> (
    fitted: ReviewsPreprocessing, report: EvaluationReport?
  ) {
    let (set, scale) = (task.set, task.scale)
    let best = bestRegularisation()
    let parts = scored.map {
      MeanForecasts(
        ratings: $0.ratings, network: $0.probabilities,
        simpler: ($0.baselines[best] ?? []).map(Double.init))
    }
    let mean = ratings(rows).reduce(0, +) / Double(rows.count)
    let (means, answers) = MeanBlend.outOfFold(
      parts, isBlended: task.settings.isBlended, mean: mean, scale: scale)
    let evaluation = MeanEvaluation(
      task: Task.name, ratings: parts.flatMap(\.ratings), answers: answers, mean: mean,
      baselines: [means.bagOfWords(parts.flatMap(\.simpler))],
      parts: set.parts(isSeen: scored.flatMap(\.isSeen)))
    scores = .means(evaluation)
    let fitted = ReviewsPreprocessing(
      columns: set.columns, scale: scale, trainedRows: rows.count, encoders: encoders,
      decision: RatingDecision(counts: task.counts(of: rows)), baseline: baseline(best),
      means: means)
    let summary = means.summary(simpler: "bag of words")
    return (
      fitted,
      evaluation.report(
        notes: notes(task.settings.isBlended ? "blended by such rows: \(summary)" : nil))
    )
  }

  package func sections(of model: TrainedModel<ReviewsTask>) -> [ReportSection] {
    guard let scores else { return [] }
    return ReviewsReport(
      set: task.set, rows: scored.flatMap(\.rows), scores: scores,
      baseline: model.fitted.baseline, scale: model.fitted.scale
    ).sections
  }

  /// What the reader of the report must know.
  ///
  /// - Parameter blend: What such rows have decided, for people.
  private func notes(_ blend: String?) -> [String] {
    [
      "on \(scored.reduce(0) { $0 + $1.classes.count }) rows, each scored by the one of "
        + "\(scored.count) networks that had not learned from it; the model is the mean of all"
    ] + [blend].compactMap { $0 }
  }

  /// What the baseline makes of held-out rows, by each regularisation that is still to choose from.
  ///
  /// - Parameter index: The sequences of a network that learned from the same rows, if it has any.
  private func baselines(rows: [Int], heldOut: [Int], index: NGramIndex?) -> [BagOfWords
    .Regularisation: [Float]]
  {
    let features = features(of: rows, index: index)
    let own = features.rows(rows, of: task.set)
    let left = features.rows(heldOut, of: task.set)
    var found: [BagOfWords.Regularisation: [Float]] = [:]
    var last: BagOfWords?
    for (place, regularisation) in regularisations.enumerated() {
      if place > 0, regularisation.isByRatio != regularisations[place - 1].isByRatio { last = nil }
      let fit = fit(features, rows: rows, own, regularisation, start: last)
      found[regularisation] =
        task.scale.bounds == nil ? fit.probabilities(left) : fit.ratings(left).map { Float($0) }
      last = fit
    }
    return found
  }

  /// The regularisation by which the baseline's log loss, or squared error, is least on held-out rows;
  /// the first among equals.
  private func bestRegularisation() -> BagOfWords.Regularisation {
    func loss(_ regularisation: BagOfWords.Regularisation) -> Double {
      guard task.scale.bounds == nil else {
        return scored.reduce(0.0) { sum, part in
          zip(part.ratings, part.baselines[regularisation] ?? []).reduce(sum) {
            $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1))
          }
        }
      }
      return ProbabilityMetrics.logLoss(
        probabilities: scored.flatMap { ($0.baselines[regularisation] ?? []).map(Double.init) },
        classCount: task.scale.count, actual: scored.flatMap(\.classes))
    }
    let losses = regularisations.map { (regularisation: $0, loss: loss($0)) }
    return losses.min { $0.loss < $1.loss }?.regularisation ?? regularisations[0]
  }

  /// The baseline, fitted on all rows.
  private func baseline(_ regularisation: BagOfWords.Regularisation) -> BagOfWords {
    let features = features(of: rows, index: nil)
    return fit(features, rows: rows, features.rows(rows, of: task.set), regularisation)
  }

  /// A fit of the baseline.
  ///
  /// - Parameter own: The features of the rows.
  private func fit(
    _ features: TextFeatures, rows: [Int], _ own: SparseRows,
    _ regularisation: BagOfWords.Regularisation, start: BagOfWords? = nil
  ) -> BagOfWords {
    guard task.scale.bounds == nil else {
      return BagOfWords(
        features, rows: own, ratings: ratings(rows), regularisation, start: start)
    }
    return BagOfWords(
      features, rows: own, labels: labels(rows), classCount: task.scale.count, regularisation,
      start: start)
  }

  private func features(of rows: [Int], index: NGramIndex?) -> TextFeatures {
    // One output is fitted to ratings of many values, as to two classes.
    TextFeatures(
      task.set, rows: rows, classCount: task.scale.bounds == nil ? task.scale.count : 2,
      wide: task.settings.model.wide, words: index)
  }

  private func ratings(_ rows: [Int]) -> [Double] { rows.map { task.set.ratings[$0] ?? .nan } }

  private func labels(_ rows: [Int]) -> [Int] { rows.map { Int(task.classes[$0]) } }
}

/// Rows with what was made of them by those who did not learn from them.
private struct ScoredRows {
  /// `[R]`: their numbers in the set.
  var rows: [Int]
  /// `[R]`
  var classes: [Int]
  /// `[R]`
  var ratings: [Double]
  /// `[R, K]`
  var probabilities: [Float]
  /// `[R]`
  var isSeen: [Bool]
  /// By regularisation, `[R, K]`; where ratings are of many values, `[R]`.
  var baselines: [BagOfWords.Regularisation: [Float]]
}
