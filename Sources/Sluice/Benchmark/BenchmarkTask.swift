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
  private let make: @Sendable (RecurrentCell, Int, any Backend) throws -> any SteppableTraining

  public var description: String { name }

  /// All tasks there are.
  public static var all: [BenchmarkTask] { Tasks.all.map { BenchmarkTask($0) } }

  private init<Task: LearningTask>(_ task: Task.Type) {
    name = Task.name
    make = { cell, microBatches, backend in
      var settings = Task.standard
      settings.use(cell)
      settings.training.gradientAccumulation *= microBatches
      let chosen = settings
      let csv = Task.sample(seed: chosen.training.seed)
      let table = try Table(bytes: Array(csv.utf8), file: "generated sample")
      return TaskRun(
        try Task(table, chosen) { asked in
          var asked = asked
          asked.use(cell)
          asked.training.gradientAccumulation *= microBatches
          return asked
        }, fingerprint: "", on: backend,
        logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }
  }

  /// Its training on one device, rows and all, with so many micro-batches in a step.
  func training(of cell: RecurrentCell, microBatches: Int = 1, on backend: any Backend) throws
    -> any SteppableTraining
  {
    try make(cell, microBatches, backend)
  }
}
