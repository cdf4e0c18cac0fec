import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

extension ReviewsTraining {
  /// Trains the members of an ensemble, one after the other.
  ///
  /// - Parameters:
  ///   - name: Of the phases: `member` for `member-1`, `member-2` and so on.
  ///   - rows: Those to learn from; each member leaves out a fold of them.
  /// - Returns: Nil where the run was asked to stop.
  func trainEnsemble(_ name: String, rows: [Int], in phases: PhasedTraining) throws
    -> ReviewEnsemble?
  {
    let counts = counts(of: rows)
    let folds = folds(of: rows)
    var members: [ReviewMember] = []
    var scored: [ScoredRows] = []
    var trainLoss = 0.0
    for index in 0..<configuration.members {
      let own = folds.rows(outside: index).map { rows[$0] }
      let heldOut = folds.rows(in: index).map { rows[$0] }
      let trained = try trainMember(
        "\(name)-\(index + 1)", index: index, rows: own, heldOut: heldOut, in: phases)
      guard let trained else { return nil }
      members.append(trained.member)
      scored.append(trained.scored)
      trainLoss += trained.trainLoss / Double(configuration.members)
    }
    let decision = RatingDecision(
      counts: counts, probabilities: scored.flatMap(\.probabilities),
      classes: scored.flatMap(\.classes))
    let evaluation = RatingEvaluation(
      scale: scale, classes: scored.flatMap(\.classes),
      answers: RatingAnswers(
        scored.flatMap(\.probabilities), decision: decision, scale: scale), decision: decision,
      baselines: [decision.bagOfWords(scored.flatMap(\.baseline), scale: scale)],
      parts: set.parts(isSeen: scored.flatMap(\.isSeen)))
    let preprocessing = ReviewsPreprocessing(
      columns: set.columns, scale: scale, trainedRows: rows.count,
      encoders: members.map(\.encoder), decision: decision,
      baseline: baseline(rows: rows, encoder: nil))
    return ReviewEnsemble(
      model: ReviewsModel(configuration, preprocessing, members: members),
      outOfFold: evaluation.report(
        notes: [
          "on \(evaluation.classes.count) rows, each scored by the one of \(members.count) networks that had "
            + "not learned from it; the model is the mean of all"
        ]), trainLoss: trainLoss)
  }

  /// Who is left out by which member.
  private func folds(of rows: [Int]) -> StratifiedFolds {
    StratifiedFolds(
      labels: rows.map { Int(classes[$0]) }, foldCount: configuration.folds,
      seed: configuration.training.seed)
  }

  private func trainMember(
    _ phase: String, index: Int, rows: [Int], heldOut: [Int], in phases: PhasedTraining
  ) throws -> (member: ReviewMember, scored: ScoredRows, trainLoss: Double)? {
    let begun = try makeMember(index: index, rows: rows, heldOut: heldOut)
    let (member, encoder) = (begun.member, begun.member.encoder)
    try announce(member)
    let result = try phases.train(
      phase, begun.training, begun.problem, bytesPerRow: member.network.bytesPerRow)
    guard let result else { return nil }
    let trained = member.replacingParameters(result.parameters)
    let bag = baseline(rows: rows, encoder: encoder)
    let scored = ScoredRows(
      classes: heldOut.map { Int(classes[$0]) },
      probabilities: try RatingScorer.probabilities(
        begun.heldOut, trained.parameters, scale: scale),
      isSeen: heldOut.map { encoder.knows(row: $0, of: set) },
      baseline: bag.probabilities(set, rows: heldOut))
    return (trained, scored, result.summary.trainingLoss)
  }

  /// A network with fresh weights, and what it is to learn.
  private func makeMember(index: Int, rows: [Int], heldOut: [Int]) throws -> BegunMember {
    let counts = counts(of: rows)
    let moments = scale.moments(counts: counts)
    let deviations = classes.map { index in
      index < 0
        ? 0 : Float((scale.values[Int(index)] - moments.mean) / max(moments.deviation, 1e-9))
    }
    let seed = configuration.training.seed &+ UInt64(index)
    let encoder = ReviewEncoder(
      set, rows: rows, deviations: deviations, moments: moments, model: configuration.model)
    let identities = encoder.outOfFoldIdentities(
      set, rows: rows, deviations: deviations, folds: 10, seed: seed)
    let reviews = try ReviewDataset(
      encoder.encode(
        set, rows: rows, classes: classes, model: configuration.model, identities: identities),
      on: backend)
    let held = try ReviewDataset(
      encoder.encode(set, rows: heldOut, classes: classes, model: configuration.model), on: backend)
    let member = try ReviewMember(
      configuration, encoder: encoder, columns: set.columns, classes: scale.count, seed: seed,
      on: backend)
    let sampler = LengthSampler(
      lengths: (0..<reviews.count).map { reviews.host.length($0) },
      batchSize: configuration.batchSize, seed: seed)
    var training = configuration.training.settled(
      stepsPerPass: sampler.batchesPerEpoch / configuration.training.gradientAccumulation)
    training.seed = seed
    let left = member.rated(held)
    let problem = try RatingProblem(
      member.rated(reviews), heldOut: left, parameters: member.parameters, scale: scale,
      classWeights: configuration.classWeight.weights(counts: counts), sampler: sampler,
      microBatches: training.gradientAccumulation, rowName: { "row \(rows[$0] + 1)" })
    return BegunMember(member: member, problem: problem, training: training, heldOut: left)
  }

  /// The bag of words, fitted on the same rows as a network.
  ///
  /// - Parameter encoder: That of the network, if its sequences are those of the baseline.
  private func baseline(rows: [Int], encoder: ReviewEncoder?) -> BagOfWords {
    let wide = configuration.model.wide
    let order = wide.order > 0 ? wide.order : set.texts.isMostlyIdeographs ? 3 : 2
    let index =
      encoder?.ngrams
      ?? NGramIndex(
        set.texts, rows: rows, order: order, minimum: wide.minimumCount, maximum: wide.maximum)
    return BagOfWords(set, rows: rows, classes: classes, classCount: scale.count, index: index)
  }
}

/// A network in training.
struct BegunMember {
  let member: ReviewMember
  let problem: RatingProblem
  let training: TrainerConfiguration
  /// What the network does not learn from.
  let heldOut: RatedTexts
}

extension ReviewsTraining: SteppableTraining {
  package func makeFirstPhase() throws -> TrainingPhase {
    let folds = folds(of: rated)
    let begun = try makeMember(
      index: 0, rows: folds.rows(outside: 0).map { rated[$0] },
      heldOut: folds.rows(in: 0).map { rated[$0] })
    return TrainingPhase(
      problem: begun.problem, configuration: begun.training,
      plans: try begun.member.network.plans(on: backend, batch: configuration.batchSize))
  }
}

/// Rows with what was made of them.
struct ScoredRows {
  /// `[R]`
  var classes: [Int]
  /// `[R, K]`
  var probabilities: [Float]
  /// `[R]`
  var isSeen: [Bool]
  /// `[R, K]`
  var baseline: [Float]
}

extension RatingDecision {
  /// What the bag of words says: it names what it finds most probable.
  func bagOfWords(_ probabilities: [Float], scale: RatingScale) -> (
    name: String, explanation: String, answers: RatingAnswers
  ) {
    (
      "bag_of_words", "bag of words, logistic regression",
      RatingAnswers(
        probabilities, decision: RatingDecision(priors: priors, tau: 0), scale: scale)
    )
  }
}
