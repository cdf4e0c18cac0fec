import Logging
import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTasks
import SluiceTraining

/// A task whose own training steps are measured: its standard model, on the sample that `sluice
/// train` generates, batches assembled as in training.
public struct BenchmarkTask: Sendable, CustomStringConvertible {
  /// What the task is called.
  public let name: String
  private let make: @Sendable (any Backend) throws -> any SteppableTraining

  public var description: String { name }

  /// All tasks there are.
  public static var all: [BenchmarkTask] { Tasks.all.map { BenchmarkTask($0) } }

  private init<Task: LearningTask>(_ task: Task.Type) {
    name = Task.name
    make = { backend in
      let settings = Task.standard
      let csv = Task.sample(seed: settings.training.seed)
      let table = try Table(bytes: Array(csv.utf8), file: "generated sample")
      return TaskRun(
        try Task(table, settings) { $0 }, fingerprint: "", on: backend,
        logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }
  }

  /// Its training on one device, rows and all.
  func training(on backend: any Backend) throws -> any SteppableTraining { try make(backend) }
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
