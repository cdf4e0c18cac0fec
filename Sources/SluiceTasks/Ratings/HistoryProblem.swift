import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// The training of one ``HistoryNetwork``.
final class HistoryProblem: TrainingProblem {
  let parameters: ParameterArena
  private let network: HistoryNetwork
  private let pasts: HistoryDataset
  /// The rows that the member does not learn from; it stops by them.
  private let heldOut: HistoryDataset
  private let classCount: Int
  /// `[K]`
  private let classWeights: Tensor?
  private let sampler: LengthSampler
  private let microBatches: Int

  init(
    _ network: HistoryNetwork, parameters: ParameterArena, pasts: HistoryDataset,
    heldOut: HistoryDataset, classes: Int, classWeights: [Float]?, sampler: LengthSampler,
    microBatches: Int
  ) throws {
    self.network = network
    self.parameters = parameters
    self.pasts = pasts
    self.heldOut = heldOut
    classCount = classes
    self.classWeights = try classWeights.map {
      try parameters.backend.makeTensor([classes], $0)
    }
    self.sampler = sampler
    self.microBatches = microBatches
  }

  var sequencesPerStep: Int { sampler.batchSize * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let batch = try pasts.batch(
      sequences(step: step, microBatch: microBatch), unknownRate: network.model.unknownRate,
      on: tape)
    guard let answers = batch.answers else { return }
    let states = try network.states(batch, on: tape)
    let logits = try network.ratings(
      states, targets: answers.targets, known: answers.known, on: tape)
    try tape.loss(
      .rankedProbability(share: Float(network.model.ordinal)), logits, target: answers.classes,
      rowWeights: answers.weights, classWeights: classWeights, statistics: statistics,
      gradientScale: gradientScale)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    let host = heldOut.host
    guard !host.rows.isEmpty else { return [] }
    let scorer = HistoryScorer(network: network, parameters: parameters, classes: classCount)
    let probabilities = try scorer.probabilities(heldOut)
    var loss = 0.0
    var right = 0
    for query in host.rows.indices {
      let own = probabilities[(query * classCount)..<((query + 1) * classCount)]
      let truth = own.startIndex + Int(host.classes[query])
      loss -= logarithm(max(Double(own[truth]), 1e-7))
      if own.indices.allSatisfy({ own[$0] <= own[truth] }) { right += 1 }
    }
    let count = Double(host.rows.count)
    return [
      MetricValue("log_loss", loss / count), MetricValue("accuracy", Double(right) / count),
    ]
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let sequences = sequences(step: step, microBatch: microBatch)
    let longest = sequences.map { pasts.host.length(Int($0)) }.max() ?? 0
    return "\(sequences.count) users' pasts of up to \(longest) ratings"
  }

  private func sequences(step: Int, microBatch: Int) -> [Int32] {
    sampler.indices(batch: step * microBatches + microBatch)
  }
}
