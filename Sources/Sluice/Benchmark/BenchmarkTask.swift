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
