import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceReport
import SluiceTables
import SluiceTraining

/// The training of an ensemble: which member learns from whom, and what it makes of the customers
/// that it did not learn from.
package final class ChurnLearning: TaskLearning {
  package typealias Task = ChurnTask

  private let settings: ChurnSettings
  private let customers: CustomerTable
  /// The customers that there are to learn from, and who of them is gone.
  private let chosen: [Int]
  private let labels: [Bool]
  private let backend: any Backend
  private var fitted: ChurnPreprocessing
  private let cells: EncodedCustomers
  /// `[chosen]`: the rows of each customer that are read, the earliest first.
  private let rows: [ArraySlice<Int32>]
  /// `[chosen]`: what the networks are to say, smoothed.
  private let targets: [Float]
  /// One for each shuffle.
  private let folds: [StratifiedFolds]
  /// `[shuffles][chosen]`: the logit by the member that did not learn from the customer.
  private var outOfFold: [[Double]]
  /// On the customers by the members that did not learn from them.
  private var evaluation: ChurnEvaluation?

  init(
    _ settings: ChurnSettings, customers: CustomerTable, chosen: [Int], labels: [Bool],
    on backend: any Backend
  ) throws {
    self.settings = settings
    self.customers = customers
    self.chosen = chosen
    self.labels = labels
    self.backend = backend
    fitted = try ChurnPreprocessing(
      customers, chosen: chosen, labels: labels, model: settings.model)
    cells = try EncodedCustomers(
      customers, encoders: fitted.encoders, bins: settings.model.bins, on: backend)
    rows = chosen.map { customers.recentRows(of: $0, limit: settings.model.history) }
    let smoothing = Float(settings.model.labelSmoothing)
    targets = labels.map { ($0 ? 1 : 0) * (1 - smoothing) + smoothing / 2 }
    folds = (0..<settings.ensemble.shuffles).map { shuffle in
      StratifiedFolds(
        labels: labels.map { $0 ? 1 : 0 }, foldCount: settings.ensemble.folds,
        seed: settings.training.seed, stream: UInt32(shuffle))
    }
    outOfFold = folds.map { _ in [Double](repeating: 0, count: labels.count) }
  }

  /// The shuffle and the fold that a member is validated on.
  private func place(_ member: Int) -> (shuffle: Int, fold: Int) {
    (member / settings.ensemble.folds, member % settings.ensemble.folds)
  }

  package func begin(member: Int) throws -> BegunNetwork<CustomerNetwork> {
    let (shuffle, fold) = place(member)
    let inside = folds[shuffle].rows(in: fold)
    let outside = folds[shuffle].rows(outside: fold)
    var network = try ChurnTask.network(member: member, settings, fitted, on: backend)
    if customers.columns.time != nil { network.longestHistory = rows.map(\.count).max() }
    var training = settings.training
    training.seed = settings.seed(ofMember: member)
    let sampler = ChurnSampler(
      customers: outside, lengths: outside.map { rows[$0].count }, inputs: cells.places.count,
      batchSize: settings.batchSize, microBatches: training.gradientAccumulation,
      unknownRate: Float(settings.model.unknownRate), seed: training.seed)
    let problem = BatchProblem(
      try ParameterArena(network.layout, on: backend, seed: training.seed),
      sequencesPerStep: sampler.batchSize * training.gradientAccumulation,
      draw: sampler.draw,
      describe: { [customers, chosen] draw in
        "customers " + listed(draw.customers.map { customers.name(of: chosen[$0]) })
      },
      metrics: { [self, network] in try validate(network, $0, on: inside) },
      loss: { [self, network] in try enqueueLoss(network, $0, to: $1) })
    return BegunNetwork(
      network: network, problem: problem,
      configuration: training.settled(stepsPerPass: sampler.stepsPerPass))
  }

  private func enqueueLoss(_ network: CustomerNetwork, _ draw: ChurnDraw, to loss: BatchLoss) throws
  {
    let backend = loss.tape.backend
    let batch = try CustomerBatch(
      draw.customers.map { rows[$0] }, of: cells, isHistory: network.reader.isHistory, on: backend,
      hidden: draw.isHidden)
    try loss(
      network.reader.output.loss(positiveWeight: Float(settings.decision.positiveWeight)),
      network.reader(batch, on: loss.tape),
      target: backend.makeTensor([draw.count, 1], draw.customers.map { targets[$0] }))
  }

  private func validate(
    _ network: CustomerNetwork, _ parameters: ParameterArena, on heldOut: [Int]
  ) throws -> [MetricValue] {
    guard !heldOut.isEmpty else { return [] }
    let logits = try logits(heldOut, by: TrainedNetwork(network, parameters))
    let isGone = heldOut.map { labels[$0] }
    let shift = logarithm(Double(Float(settings.decision.positiveWeight)))
    return [
      MetricValue("auc", RankingMetrics.areaUnderROC(scores: logits, isPositive: isGone)),
      MetricValue(
        "log_loss",
        ProbabilityMetrics.logLoss(
          probabilities: logits.map { Logit.probability($0 - shift) }, isPositive: isGone)),
    ]
  }

  private func logits(_ customers: [Int], by network: TrainedNetwork<CustomerNetwork>) throws
    -> [Double]
  {
    try cells.logits(customers.map { rows[$0] }, by: [network])[0]
  }

  package func finish(member: Int, _ network: TrainedNetwork<CustomerNetwork>) throws {
    let (shuffle, fold) = place(member)
    let inside = folds[shuffle].rows(in: fold)
    for (customer, logit) in zip(inside, try logits(inside, by: network)) {
      outOfFold[shuffle][customer] = logit
    }
  }

  /// Calibrates on the customers out of fold, chooses the threshold and fits the linear model.
  package func conclude(_ networks: [TrainedNetwork<CustomerNetwork>]) throws -> (
    fitted: ChurnPreprocessing, report: EvaluationReport?
  ) {
    let positiveWeight = settings.decision.positiveWeight
    fitted.calibration = TemperatureScaling(
      fittedTo: ChurnProbability.pooledLogits(outOfFold, positiveWeight: positiveWeight),
      isPositive: labels)
    let probabilities = ChurnProbability(
      calibration: fitted.calibration, positiveWeight: positiveWeight
    ).probabilities(outOfFold)
    fitted.threshold =
      settings.decision.threshold
      ?? DecisionThreshold.bestF1(probabilities: probabilities, isPositive: labels)
    let features = try LinearFeatures.rows(
      customers, of: chosen, encoders: fitted.encoders, history: settings.model.history)
    fitted.baseline = linear(features, of: Array(labels.indices))
    // Customers who are held out altogether are what is reported on then.
    guard settings.validation == 0 else { return (fitted, nil) }
    let evaluation = ChurnEvaluation(
      probabilities: probabilities, isGone: labels, threshold: fitted.threshold,
      baseline: outOfFoldBaseline(features), columns: fitted.columns)
    self.evaluation = evaluation
    let report = evaluation.report(
      notes: [
        "each customer is scored by the \(folds.count) of \(networks.count) members that did not "
          + "learn from it; their early stopping saw it",
        "temperature \(DecimalText.of(fitted.calibration.temperature, places: 3))",
      ])
    return (fitted, report)
  }

  package func sections(of model: TrainedModel<ChurnTask>) throws -> [ReportSection] {
    guard let evaluation, let folds = folds.first else { return [] }
    var foldOf = [Int](repeating: 0, count: labels.count)
    for fold in 0..<folds.foldCount {
      for customer in folds.rows(in: fold) { foldOf[customer] = fold }
    }
    let probability = ChurnProbability(
      calibration: model.fitted.calibration, positiveWeight: settings.decision.positiveWeight)
    // Each by that member of the first shuffle that did not learn from it.
    let importances = try ColumnImportance.measure(
      inputs: model.fitted.columns.inputs.map(\.name), isGone: labels, folds: foldOf,
      seed: settings.training.seed
    ) { sample, swapped in
      var logits = [Double](repeating: 0, count: sample.count)
      for (fold, network) in model.networks.prefix(folds.foldCount).enumerated() {
        let own = sample.indices.filter { foldOf[sample[$0]] == fold }
        let found = try cells.logits(
          own.map { rows[sample[$0]] }, by: [network],
          swapped: swapped.map { input, donors in
            SwappedInput(input: input, rows: own.map { rows[donors[$0]] })
          })[0]
        for (place, logit) in zip(own, found) { logits[place] = logit }
      }
      return probability.probabilities([logits])
    }
    return ChurnReport(
      evaluation: evaluation, customers: customers, chosen: chosen, importances: importances
    ).sections
  }

  private func linear(_ features: SparseRows, of customers: [Int]) -> LogisticRegression {
    LogisticRegression(
      fittedTo: features.rows(customers), labels: customers.map { labels[$0] ? 1 : 0 },
      classCount: 2)
  }

  /// `[chosen]`: the probability by linear models that did not learn from the customer.
  private func outOfFoldBaseline(_ features: SparseRows) -> [Double] {
    var baseline = [Double](repeating: 0, count: labels.count)
    for folds in folds {
      for fold in 0..<folds.foldCount {
        let inside = folds.rows(in: fold)
        let probabilities = linear(features, of: folds.rows(outside: fold))
          .probabilities(features.rows(inside))
        for (index, customer) in inside.enumerated() {
          baseline[customer] += probabilities[2 * index + 1] / Double(self.folds.count)
        }
      }
    }
    return baseline
  }
}
