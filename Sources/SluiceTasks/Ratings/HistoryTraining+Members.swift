import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

extension HistoryTraining {
  /// An epoch has so many steps at least: with few users, a pass over them is short.
  private static let fewestSteps = 50

  /// Trains the members of an ensemble, one after the other.
  ///
  /// - Parameters:
  ///   - name: Of the phases: `member` for `member-1`, `member-2` and so on.
  ///   - rows: Those to learn from, ascending; each member leaves out a fold of them.
  /// - Returns: Nil where the run was asked to stop.
  func trainEnsemble(_ name: String, rows: [Int], in phases: PhasedTraining) throws
    -> HistoryEnsemble?
  {
    var preprocessing = HistoryPreprocessing(
      set, rows: rows, classes: classes, scale: scale, model: configuration.history)
    let events = preprocessing.events
    let timeline = HistoryTimeline(events, encoder: preprocessing.encoder)
    let folds = StratifiedFolds(
      labels: events.classes.map { Int($0) }, foldCount: configuration.folds,
      seed: configuration.training.seed)
    var members: [HistoryMember] = []
    var heldOut: [HeldOutRows] = []
    var trainLoss = 0.0
    for index in 0..<configuration.members {
      let trained = try trainMember(
        "\(name)-\(index + 1)", index: index, timeline: timeline, rows: folds.rows(outside: index),
        heldOut: folds.rows(in: index), counts: preprocessing.classCounts, in: phases)
      guard let trained else { return nil }
      members.append(trained.member)
      heldOut.append(trained.scored)
      trainLoss += trained.trainLoss / Double(configuration.members)
    }
    preprocessing.decision = RatingDecision(
      counts: preprocessing.classCounts, probabilities: heldOut.flatMap(\.probabilities),
      classes: heldOut.flatMap { $0.rows.map { Int(events.classes[$0]) } })
    return HistoryEnsemble(
      model: HistoryModel(configuration, preprocessing, members: members),
      outOfFold: report(on: heldOut, timeline, preprocessing), trainLoss: trainLoss)
  }

  /// Rows that a member did not learn from, with what it made of them.
  private struct HeldOutRows {
    /// `[R]`
    var rows: [Int]
    /// `[R, K]`
    var probabilities: [Float]
    /// Fitted on the rows that the member learned from.
    var biases: RatingBiases
    /// By number, whether the member has learned from the user, from the item.
    var knownUsers: Set<Int32>
    var knownItems: Set<Int32>
  }

  private func report(
    on parts: [HeldOutRows], _ timeline: HistoryTimeline, _ preprocessing: HistoryPreprocessing
  ) -> EvaluationReport {
    let events = timeline.events
    var evaluation = HistoryEvaluation(scale: scale, decision: preprocessing.decision)
    for part in parts {
      evaluation.probabilities += part.probabilities
      for row in part.rows {
        evaluation.classes.append(Int(events.classes[row]))
        evaluation.knowsUser.append(part.knownUsers.contains(events.users[row]))
        evaluation.knowsItem.append(part.knownItems.contains(events.items[row]))
        evaluation.biases.append(
          part.biases.expected(user: events.users[row], item: events.items[row]))
        evaluation.runningBiases.append(
          preprocessing.encoder.rating(deviation: timeline.runningBiases[row]))
      }
    }
    return evaluation.report(
      notes: [
        "on \(evaluation.count) rows, each rated from those before it by the one of \(parts.count) "
          + "networks that had not learned from it; the model is the mean of all"
      ])
  }

  private func trainMember(
    _ phase: String, index: Int, timeline: HistoryTimeline, rows: [Int], heldOut: [Int],
    counts: [Int], in phases: PhasedTraining
  ) throws -> (member: HistoryMember, scored: HeldOutRows, trainLoss: Double)? {
    let seed = configuration.training.seed &+ UInt64(index)
    let model = configuration.history
    let member = try HistoryMember(
      model, encoder: timeline.encoder, classes: scale.count, seed: seed, on: backend)
    try announce(member)
    let pasts = try HistoryDataset(
      timeline.encode(rows, limit: model.steps), learns: true, on: backend)
    let held = try HistoryDataset(
      timeline.encode(heldOut, limit: model.steps), learns: false, on: backend)
    let sampler = LengthSampler(
      lengths: (0..<pasts.host.sequenceCount).map { pasts.host.length($0) },
      batchSize: configuration.batchSize, seed: seed)
    var training = configuration.training
    training.seed = seed
    training = training.settled(
      stepsPerPass: max(Self.fewestSteps, sampler.batchesPerEpoch / training.gradientAccumulation))
    let problem = try HistoryProblem(
      member.network, parameters: member.parameters, pasts: pasts, heldOut: held,
      classes: scale.count, classWeights: configuration.classWeight.weights(counts: counts),
      sampler: sampler, microBatches: training.gradientAccumulation)
    let result = try phases.train(
      phase, training, problem, bytesPerRow: member.network.bytesPerRow)
    guard let result else { return nil }
    let trained = member.replacingParameters(result.parameters)
    let events = timeline.events
    let biases = RatingBiases(
      events, rows: rows, values: scale.values, userShrinkage: timeline.encoder.userShrinkage,
      itemShrinkage: timeline.encoder.itemShrinkage)
    let scored = HeldOutRows(
      rows: held.host.rows, probabilities: try trained.scorer.probabilities(held),
      biases: biases, knownUsers: Set(rows.map { events.users[$0] }).subtracting([-1]),
      knownItems: Set(rows.map { events.items[$0] }).subtracting([-1]))
    return (trained, scored, result.summary.trainingLoss)
  }
}
