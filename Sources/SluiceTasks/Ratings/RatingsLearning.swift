import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceReport
import SluiceTables
import SluiceTraining

/// The training of an ensemble: each network leaves out another part of the rows, which stay readable
/// as past, and stops by them.
package final class RatingsLearning: TaskLearning {
  package typealias Task = RatingsTask

  private let settings: RatingsSettings
  private let backend: any Backend
  private var fitted: RatingsPreprocessing
  private let timeline: RatingTimeline
  private let folds: StratifiedFolds
  /// `[K]`: the ratings of the rows.
  private let counts: [Int]
  /// The pasts before the rows that the network in training does not learn from.
  private var leftOut: PastDataset?
  /// What the networks make of the rows that they did not learn from.
  private var evaluation = RatingsEvaluation()

  /// An epoch has so many steps at least: with few users, a pass over them is short.
  private static let fewestSteps = 50

  /// - Parameter learned: The rows to learn from.
  init(
    _ rows: RatingRows, learned: [Int], _ settings: RatingsSettings, on backend: any Backend
  ) {
    self.settings = settings
    self.backend = backend
    fitted = RatingsPreprocessing(rows, learned: learned, settings.model)
    timeline = RatingTimeline(fitted.events, encoder: fitted.encoder)
    folds = StratifiedFolds(
      labels: fitted.events.classes.map { Int($0) }, foldCount: settings.folds,
      seed: settings.training.seed)
    counts = fitted.events.counts(classes: fitted.scale.count)
  }

  package func begin(member: Int) throws -> BegunNetwork<RatingsNetwork> {
    let network = try RatingsTask.network(member: member, settings, fitted, on: backend)
    func pasts(before rows: [Int]) throws -> PastDataset {
      try PastDataset(timeline, before: rows, limit: settings.model.steps, on: backend)
    }
    let learned = try pasts(before: folds.rows(outside: member))
    let leftOut = try pasts(before: folds.rows(in: member))
    self.leftOut = leftOut
    var training = settings.training
    training.seed &+= UInt64(member)
    let sampler = LengthSampler(
      lengths: learned.pasts.map(\.length),
      batchSize: settings.batchSize, seed: training.seed)
    let microBatches = training.gradientAccumulation
    training = training.settled(
      stepsPerPass: max(Self.fewestSteps, sampler.batchesPerEpoch / microBatches))
    let weights = try settings.classWeight.weights(counts: counts).map {
      try backend.makeTensor([$0.count], $0)
    }
    let problem = BatchProblem(
      try ParameterArena(network.layout, on: backend, seed: training.seed),
      sequencesPerStep: settings.batchSize * microBatches,
      draw: { step, microBatch in sampler.indices(batch: step * microBatches + microBatch) },
      describe: { sequences in
        let longest = sequences.map { learned.pasts[Int($0)].length }.max() ?? 0
        return "\(sequences.count) users' pasts of up to \(longest) ratings"
      },
      metrics: { try TrainedNetwork(network, $0).metrics(on: leftOut) },
      loss: { sequences, loss in
        let batch = try learned.batch(
          sequences, unknownRate: network.model.unknownRate, on: loss.tape)
        let logits = try network.ratings(
          network.states(batch, on: loss.tape), targets: batch.targets, known: batch.known,
          on: loss.tape)
        try loss(
          .rankedProbability(share: Float(network.model.ordinal)), logits, target: batch.classes,
          rowWeights: batch.weights, classWeights: weights)
      })
    return BegunNetwork(network: network, problem: problem, configuration: training)
  }

  package func finish(member: Int, _ network: TrainedNetwork<RatingsNetwork>) throws {
    guard let leftOut else { return }
    self.leftOut = nil
    let rows = folds.rows(outside: member)
    let events = timeline.events
    evaluation.add(
      leftOut.pasts.flatMap(\.rows), of: timeline,
      probabilities: try network.probabilities(leftOut),
      biases: RatingBiases(
        events, rows: rows, values: fitted.scale.values, shrinkage: fitted.encoder.shrinkage),
      users: Set(rows.map { events.users[$0] }).subtracting([-1]),
      items: Set(rows.map { events.items[$0] }).subtracting([-1]))
  }

  package func conclude(_ networks: [TrainedNetwork<RatingsNetwork>]) -> (
    fitted: RatingsPreprocessing, report: EvaluationReport?
  ) {
    fitted.decision = evaluation.decision(counts: counts)
    return (
      fitted,
      evaluation.report(
        fitted.scale, fitted.decision,
        notes: [
          "on \(evaluation.count) rows, each rated from those before it by the one of "
            + "\(networks.count) networks that had not learned from it; the model is the mean of all"
        ])
    )
  }

  package func sections(of model: TrainedModel<RatingsTask>) -> [ReportSection] {
    evaluation.sections(model.fitted.scale, model.fitted.decision)
  }
}

extension TrainedNetwork<RatingsNetwork> {
  /// How the network does on the rows behind some pasts; empty where there are none.
  fileprivate func metrics(on pasts: PastDataset) throws -> [MetricValue] {
    let events = pasts.timeline.events
    let classes = pasts.pasts.flatMap(\.rows).map { Int(events.classes[$0]) }
    guard !classes.isEmpty else { return [] }
    let probabilities = try probabilities(pasts)
    var loss = 0.0
    var right = 0
    for (query, truth) in classes.enumerated() {
      let own = probabilities[(query * network.classes)...].prefix(network.classes)
      let given = own[own.startIndex + truth]
      loss -= logarithm(max(Double(given), 1e-7))
      if own.allSatisfy({ $0 <= given }) { right += 1 }
    }
    let count = Double(classes.count)
    return [
      MetricValue("log_loss", loss / count), MetricValue("accuracy", Double(right) / count),
    ]
  }
}
