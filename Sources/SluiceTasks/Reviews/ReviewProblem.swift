import SluiceCompute
import SluiceNN
import SluiceTraining

/// The training of one ``ReviewNetwork``.
final class ReviewProblem: TrainingProblem {
  let parameters: ParameterArena
  let sampler: LengthSampler
  private let network: ReviewNetwork
  private let reviews: ReviewDataset
  /// The rows that the member does not learn from; it stops by them.
  private let heldOut: ReviewDataset
  private let classCount: Int
  /// `[K]`
  private let classWeights: Tensor?
  private let microBatches: Int
  /// What a row is called in messages.
  private let rowName: (Int) -> String

  init(
    _ network: ReviewNetwork, parameters: ParameterArena, reviews: ReviewDataset,
    heldOut: ReviewDataset, classes: Int, classWeights: [Float]?, sampler: LengthSampler,
    microBatches: Int, rowName: @escaping (Int) -> String
  ) throws {
    self.network = network
    self.parameters = parameters
    self.reviews = reviews
    self.heldOut = heldOut
    classCount = classes
    self.classWeights = try classWeights.map {
      try parameters.backend.makeTensor([classes], $0)
    }
    self.sampler = sampler
    self.microBatches = microBatches
    self.rowName = rowName
  }

  var sequencesPerStep: Int { sampler.batchSize * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let batch = try reviews.batch(
      rows(step: step, microBatch: microBatch), model: network.model, on: tape)
    let logits = try network(batch, of: reviews, on: tape)
    try tape.loss(
      .rankedProbability(share: Float(network.model.ordinal)), logits, target: batch.classes,
      classWeights: classWeights,
      statistics: statistics, gradientScale: gradientScale)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    guard heldOut.count > 0 else { return [] }
    let scorer = ReviewScorer(network: network, parameters: parameters, classes: classCount)
    let probabilities = try scorer.probabilities(heldOut)
    var loss = 0.0
    var right = 0
    for row in 0..<heldOut.count {
      let own = probabilities[(row * classCount)..<((row + 1) * classCount)]
      let truth = own.startIndex + Int(heldOut.host.classes[row])
      loss -= logarithm(max(Double(own[truth]), 1e-7))
      if own.indices.allSatisfy({ own[$0] <= own[truth] }) { right += 1 }
    }
    let count = Double(heldOut.count)
    return [
      MetricValue("log_loss", loss / count), MetricValue("accuracy", Double(right) / count),
    ]
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let rows = rows(step: step, microBatch: microBatch)
    let named = rows.prefix(5).map { rowName(Int($0)) }
    let more = rows.count > named.count ? " and \(rows.count - named.count) more" : ""
    return "reviews of " + named.joined(separator: ", ") + more
  }

  private func rows(step: Int, microBatch: Int) -> [Int32] {
    sampler.indices(batch: step * microBatches + microBatch)
  }
}
