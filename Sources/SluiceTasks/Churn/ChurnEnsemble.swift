import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// The members of a model in training: who learns from whom, and what they make of the customers
/// that they did not learn from.
final class ChurnEnsemble {
  private let configuration: ChurnConfiguration
  private let customers: CustomerTable
  /// The customers that there are to learn from.
  private let chosen: [Int]
  private let labels: [Bool]
  private let backend: any Backend
  private let network: any CustomerReader
  private let data: ChurnDataset
  private var preprocessing: ChurnPreprocessing
  /// One for each shuffle.
  private let folds: [StratifiedFolds]
  private var members: [ChurnMember] = []
  private var losses: [Double] = []
  /// `[shuffles][chosen]`: the logit by the member that did not learn from the customer.
  private var outOfFold: [[Double]]

  init(
    _ configuration: ChurnConfiguration, customers: CustomerTable, chosen: [Int], labels: [Bool],
    on backend: any Backend
  ) throws {
    self.configuration = configuration
    self.customers = customers
    self.chosen = chosen
    self.labels = labels
    self.backend = backend
    preprocessing = try ChurnPreprocessing(
      customers, chosen: chosen, labels: labels, model: configuration.model)
    let isHistory = customers.columns.time != nil
    network = try configuration.model.network(
      encoders: preprocessing.encoders, isHistory: isHistory)
    let smoothing = Float(configuration.model.labelSmoothing)
    data = ChurnDataset(
      rows: chosen.map { customers.recentRows(of: $0, limit: configuration.model.history) },
      cells: try EncodedCustomers(
        customers, encoders: preprocessing.encoders, bins: configuration.model.bins, on: backend),
      labels: labels,
      targets: try backend.makeTensor(
        [labels.count, 1], labels.map { ($0 ? 1 : 0) * (1 - smoothing) + smoothing / 2 }),
      isHistory: isHistory)
    folds = (0..<configuration.ensemble.shuffles).map { shuffle in
      StratifiedFolds(
        labels: labels.map { $0 ? 1 : 0 }, foldCount: configuration.ensemble.folds,
        seed: configuration.training.seed, stream: UInt32(shuffle))
    }
    outOfFold = folds.map { _ in [Double](repeating: 0, count: labels.count) }
  }

  var summary: ModelSummary { ModelSummary(network.layers) }

  var bytesPerCustomer: Int { network.bytesPerCustomer(steps: longestHistory) }

  /// Nil where customers have one row.
  private var longestHistory: Int? {
    data.isHistory ? data.rows.reduce(1) { max($0, $1.count) } : nil
  }

  func plans() throws -> [LSTM.LayerPlan] {
    try network.plans(on: backend, batch: configuration.batchSize, steps: longestHistory)
  }

  /// Mean over the members.
  var trainingLoss: Double { losses.reduce(0, +) / Double(max(1, losses.count)) }

  /// The shuffle and the fold that a member is validated on.
  private func place(_ member: Int) -> (shuffle: Int, fold: Int) {
    (member / configuration.ensemble.folds, member % configuration.ensemble.folds)
  }

  private func sampler(_ member: Int, _ settings: TrainerConfiguration) -> ChurnSampler {
    let (shuffle, fold) = place(member)
    let customers = folds[shuffle].rows(outside: fold)
    return ChurnSampler(
      customers: customers, lengths: customers.map { data.rows[$0].count },
      batchSize: configuration.batchSize, microBatches: settings.gradientAccumulation,
      unknownRate: Float(configuration.model.unknownRate), seed: settings.seed)
  }

  /// How a member is trained: with draws of its own.
  func trainerConfiguration(_ member: Int) -> TrainerConfiguration {
    var settings = configuration.training
    settings.seed = configuration.seed(ofMember: member)
    return settings.settled(stepsPerPass: sampler(member, settings).stepsPerPass)
  }

  func problem(_ member: Int, _ settings: TrainerConfiguration) throws -> ChurnProblem {
    let (shuffle, fold) = place(member)
    return ChurnProblem(
      network.shuffled(seed: settings.seed),
      parameters: try ParameterArena(network.layout, on: backend, seed: settings.seed),
      data: data, sampler: sampler(member, settings), heldOut: folds[shuffle].rows(in: fold),
      positiveWeight: Float(configuration.decision.positiveWeight),
      microBatches: settings.gradientAccumulation,
      name: { [customers, chosen] in customers.name(of: chosen[$0]) })
  }

  /// Takes in a trained member, and what it makes of its own fold.
  func finish(_ member: Int, _ parameters: ParameterArena, _ summary: PhaseSummary) throws {
    let (shuffle, fold) = place(member)
    let rows = folds[shuffle].rows(in: fold)
    let trained = ChurnMember(
      network: network.shuffled(seed: configuration.seed(ofMember: member)),
      parameters: parameters)
    let logits = try ChurnScorer(members: [trained]).logits(
      rows.map { data.rows[$0] }, of: data.cells)[0]
    for (row, logit) in zip(rows, logits) { outOfFold[shuffle][row] = logit }
    members.append(trained)
    losses.append(summary.trainingLoss)
  }

  /// Calibrates on the customers out of fold, chooses the threshold and fits the linear model.
  func finish() throws {
    preprocessing.calibration = TemperatureScaling(
      fittedTo: ChurnProbability.pooledLogits(
        outOfFold, positiveWeight: configuration.decision.positiveWeight), isPositive: labels)
    preprocessing.threshold =
      configuration.decision.threshold
      ?? DecisionThreshold.bestF1(probabilities: outOfFoldProbabilities, isPositive: labels)
    preprocessing.baseline = LogisticRegression(
      fittedTo: try linearFeatures(of: chosen), labels: labels.map { $0 ? 1 : 0 }, classCount: 2)
  }

  var model: ChurnModel {
    ChurnModel(
      configuration, preprocessing, members: members, on: backend)
  }

  private var outOfFoldProbabilities: [Double] {
    ChurnProbability(
      calibration: preprocessing.calibration, positiveWeight: configuration.decision.positiveWeight
    ).probabilities(outOfFold)
  }

  private func linearFeatures(of customers: [Int]) throws -> SparseRows {
    try LinearFeatures.rows(
      self.customers, of: customers, encoders: preprocessing.encoders,
      history: configuration.model.history)
  }

  /// Every customer by the members that did not learn from it.
  func outOfFoldReport() throws -> EvaluationReport {
    let features = try linearFeatures(of: chosen)
    var baseline = [Double](repeating: 0, count: labels.count)
    for folds in folds {
      for fold in 0..<folds.foldCount {
        let outside = folds.rows(outside: fold)
        let inside = folds.rows(in: fold)
        let linear = LogisticRegression(
          fittedTo: features.rows(outside), labels: outside.map { labels[$0] ? 1 : 0 },
          classCount: 2)
        let probabilities = linear.probabilities(features.rows(inside))
        for (index, row) in inside.enumerated() {
          baseline[row] += probabilities[2 * index + 1] / Double(self.folds.count)
        }
      }
    }
    let each = configuration.ensemble.shuffles
    return ChurnEvaluation(
      probabilities: outOfFoldProbabilities, isGone: labels, threshold: preprocessing.threshold,
      baseline: baseline, columns: preprocessing.columns
    ).report(
      notes: [
        "each customer is scored by the \(each) of \(configuration.memberCount) members that did "
          + "not learn from it; their early stopping saw it",
        "temperature \(DecimalText.of(preprocessing.calibration.temperature, places: 3))",
      ])
  }

  /// Customers that were held out altogether.
  func report(on heldOut: [Int], labels: [Bool], notes: [String]) throws -> EvaluationReport {
    try model.report(customers, heldOut, labels: labels, notes: notes)
  }
}
