import Logging
import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTasks
import SluiceTraining

/// A task whose own training steps are measured: its standard model, on the sample that `sluice
/// train` generates, batches assembled as in training.
public enum BenchmarkTask: String, CaseIterable, Sendable {
  /// By its own network, on a generated sample.
  case sales, churn, reviews

  /// Its training on one device, rows and all.
  func training(on backend: any Backend) throws -> any SteppableTraining {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    func table(_ text: String) throws -> Table {
      try Table(bytes: Array(text.utf8), file: "generated sample")
    }
    switch self {
    case .sales:
      let configuration = SalesConfiguration.standard
      let data = configuration.data
      let table = try table(SampleSales(seed: configuration.training.seed).csv())
      let columns = try SalesColumns.find(
        in: table, date: data.date, series: data.series, target: data.target,
        covariates: data.covariates)
      let set = try SeriesSet(table, columns: columns, gaps: data.gaps)
      return try SalesTraining(
        configuration, set: set, fingerprint: "", on: backend, logger: logger)
    case .churn:
      let configuration = ChurnConfiguration.standard
      let table = try table(SampleChurn(seed: configuration.training.seed).csv())
      let columns = try ChurnColumns.find(in: table, ChurnColumnRequest())
      return try ChurnTraining(
        configuration, table: table, columns: columns, fingerprint: "", on: backend, logger: logger)
    case .reviews:
      let seed = ReviewsConfiguration.standard.training.seed
      let table = try table(SampleReviews(seed: seed).csv())
      let columns = try ReviewColumns.find(in: table, ReviewsConfiguration.standard.data.request)
      let set = try ReviewSet(table, columns: columns)
      return try ReviewsTraining(
        ReviewRecipe(for: set).configuration(), set: set, fingerprint: "", on: backend,
        logger: logger)
    }
  }
}

/// A task's training on one device, ready to be stepped.
final class TaskStep: BenchmarkStep {
  private let phase: TrainingPhase
  private let parameters: ParameterArena
  private let optimizer: Optimizer
  private let average: WeightAverage?
  let statistics: Tensor
  private let squaredNorm: Tensor
  private var step = 0

  init(_ task: BenchmarkTask, on backend: any Backend) throws {
    let phase = try task.training(on: backend).makeFirstPhase()
    let parameters = phase.problem.parameters
    self.phase = phase
    self.parameters = parameters
    let configuration = phase.configuration
    optimizer = try Optimizer(
      configuration.optimizer, for: parameters, weightDecay: configuration.weightDecay,
      clipNorm: configuration.clipNorm)
    average = try configuration.weightAverage.map { try WeightAverage($0, of: parameters) }
    statistics = try backend.makeTensor([2])
    squaredNorm = try backend.makeTensor([1])
  }

  var sequences: Int { phase.problem.sequencesPerStep }

  /// Batches differ in length, and the host assembles the next one while the device works: as many
  /// as a training takes between two looks at its losses.
  var stepsPerWait: Int { max(1, phase.configuration.logEvery) }

  func plan() throws -> RecurrentPlan {
    // The slowest path counts.
    guard let first = phase.plans.first else {
      throw ComputeError(.unsupported, "the model has no recurrent layer")
    }
    return (phase.plans.first { $0.plan.strategy != .persistent } ?? first).plan
  }

  func enqueueStep() throws {
    try parameters.backend.enqueue(Fill(parameters.gradients, with: 0))
    let (seed, count) = (phase.configuration.seed, max(1, phase.configuration.gradientAccumulation))
    for microBatch in 0..<count {
      let tape = Tape(
        parameters, mode: .training(seed: seed, step: UInt32(step * count + microBatch)))
      try phase.problem.enqueueBatch(
        step: step, microBatch: microBatch, tape: tape, statistics: statistics,
        gradientScale: 1 / Float(count))
    }
    try optimizer.step(
      number: step + 1, learningRate: 1e-3, squaredNorm: squaredNorm, losses: statistics)
    try average?.update(number: step)
    step += 1
  }
}
