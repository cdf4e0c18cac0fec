import SluiceCompute
import SluiceNN
import SluiceTraining

/// Everything that decides what a run of a task does. What its `config.yaml` holds.
package protocol TaskConfiguration: Codable, Hashable, Sendable {
  /// What the task is called: `sales`.
  static var taskName: String { get }
  /// The settings where nothing else is said.
  static var standard: Self { get }

  /// The CSV file. Nil: a sample generated from the seed.
  var dataPath: String? { get set }
  /// Rows per optimizer step and micro-batch.
  var batchSize: Int { get set }
  /// Hidden units of each LSTM layer.
  var hiddenSize: Int { get set }
  /// LSTM layers.
  var layerCount: Int { get set }
  /// The stack that stands for the task's network, whose layers say their sizes themselves; empty:
  /// none.
  var plainStack: StackConfiguration { get }
  /// Whether the final model is trained on all rows after a report on held-out ones.
  var refit: Bool { get set }
  var training: TrainerConfiguration { get set }
}

/// A run of a task, from rows to a model's folder.
package protocol TaskTraining: AnyObject {
  associatedtype Configuration: TaskConfiguration

  /// As it was given, with what it left open settled from the data.
  var configuration: Configuration { get }
  /// Told what happens; on the thread that runs.
  var onEvent: (TrainingEvent) -> Void { get set }
  /// Whether a layer that the device cannot run persistently is an error instead of slow.
  var requiresPersistent: Bool { get set }
  /// Asked before every step; once true the run writes a checkpoint and ends, to be resumed.
  var shouldStop: () -> Bool { get set }

  /// Trains, from the run's newest checkpoint if there is one, and writes the model.
  ///
  /// - Returns: Nil where the run was asked to stop; it can be resumed.
  func train(in run: RunDirectory) throws -> RunResult?
}
