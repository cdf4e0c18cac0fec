import SluiceCompute
import SluiceExport
import SluiceSettings
import SluiceTables
import SluiceTraining

extension LearningTask {
  package static func graph(of model: TrainedModel<Self>) throws -> ExportGraph {
    throw ExportError(
      "models of the task \(name) cannot be exported yet",
      remedy: "Use `sluice predict`.")
  }

  package static func example(of model: TrainedModel<Self>, for table: Table?) throws -> Safetensors
  {
    _ = try graph(of: model)
    return Safetensors()
  }
}

extension TrainedModel {
  /// What goes with a graph, as JSON: its inputs and answers, and all that lies between them and a table.
  package func exportDescription(_ graph: ExportGraph) throws -> ExportDescription<Task.Fitted> {
    ExportDescription(
      task: Task.name, graph, configuration: try SettingsText.yaml(of: settings),
      preprocessing: fitted)
  }
}

/// Inputs and answers of an exported model, put together for a file.
struct ExportExample {
  private(set) var tensors = Safetensors()

  mutating func add(_ name: String, _ shape: [Int], _ values: [Float]) {
    tensors.add(Safetensors.Tensor(name, Shape(shape), values))
  }

  mutating func add(_ name: String, _ shape: [Int], _ values: [Int]) {
    tensors.add(Safetensors.Tensor(name, Shape(shape), .int64(values.map { Int64($0) })))
  }

  /// Adds what the model itself answers.
  mutating func add(answer name: String, _ shape: [Int], _ values: [Float]) {
    add("answers.\(name)", shape, values)
  }

  /// `[A, B, …]` as `[B, A, …]`, each entry of `width` values.
  static func swapped<Element>(_ values: [Element], _ a: Int, _ b: Int, width: Int = 1) -> [Element]
  {
    var swapped: [Element] = []
    swapped.reserveCapacity(values.count)
    for j in 0..<b {
      for i in 0..<a { swapped += values[((i * b + j) * width)..<((i * b + j + 1) * width)] }
    }
    return swapped
  }
}
