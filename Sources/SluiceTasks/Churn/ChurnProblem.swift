import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTables
import SluiceTraining

/// Customers on the device, and who of them is gone.
struct ChurnDataset {
  /// `[N]`: the rows of each customer that are read, the earliest first.
  let rows: [ArraySlice<Int32>]
  let cells: EncodedCustomers
  /// `[N]`
  let labels: [Bool]
  /// `[N, 1]`: what the network is to say, smoothed.
  let targets: Tensor
  let isHistory: Bool
}

/// The training of one member on some of the customers, validated on others.
final class ChurnProblem: TrainingProblem {
  let parameters: ParameterArena
  private let network: any CustomerReader
  private let data: ChurnDataset
  private let sampler: ChurnSampler
  private let heldOut: [Int]
  private let positiveWeight: Float
  private let microBatches: Int
  private let name: (Int) -> String

  init(
    _ network: any CustomerReader, parameters: ParameterArena, data: ChurnDataset,
    sampler: ChurnSampler,
    heldOut: [Int], positiveWeight: Float, microBatches: Int, name: @escaping (Int) -> String
  ) {
    self.network = network
    self.parameters = parameters
    self.data = data
    self.sampler = sampler
    self.heldOut = heldOut
    self.positiveWeight = positiveWeight
    self.microBatches = microBatches
    self.name = name
  }

  var sequencesPerStep: Int { sampler.batchSize * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let customers = sampler.customers(step: step, microBatch: microBatch)
    let backend = tape.backend
    let batch = try CustomerBatch(
      customers.map { data.rows[$0] }, of: data.cells, isHistory: data.isHistory, on: backend,
      hidden: sampler.hidden(
        step: step, microBatch: microBatch, count: customers.count,
        inputs: data.cells.places.count))
    let targets = try backend.makeTensor([customers.count, 1])
    try backend.enqueue(
      GatherRows(
        source: data.targets,
        rows: backend.makeTensor([customers.count], customers.map(Int32.init)), into: targets))
    try tape.loss(
      network.output.loss(positiveWeight: positiveWeight), network(batch, on: tape),
      target: targets, statistics: statistics, gradientScale: gradientScale)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    guard !heldOut.isEmpty else { return [] }
    let logits = try ChurnScorer(
      members: [ChurnMember(network: network, parameters: parameters)]
    ).logits(
      heldOut.map { data.rows[$0] }, of: data.cells)[0]
    let labels = heldOut.map { data.labels[$0] }
    let shift = logarithm(Double(positiveWeight))
    return [
      MetricValue("auc", RankingMetrics.areaUnderROC(scores: logits, isPositive: labels)),
      MetricValue(
        "log_loss",
        ProbabilityMetrics.logLoss(
          probabilities: logits.map { Logit.probability($0 - shift) }, isPositive: labels)),
    ]
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let customers = sampler.customers(step: step, microBatch: microBatch)
    let named = customers.prefix(5).map(name)
    let more = customers.count > named.count ? " and \(customers.count - named.count) more" : ""
    return "customers " + named.joined(separator: ", ") + more
  }
}
