import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTraining

/// A trained model of a task: what `model/` holds, on a device, ready to answer.
package final class TrainedModel<Task: LearningTask> {
  package let settings: Task.Settings
  package let fitted: Task.Fitted
  package let networks: [TrainedNetwork<Task.Network>]
  package let backend: any Backend

  init(
    _ settings: Task.Settings, _ fitted: Task.Fitted, _ networks: [TrainedNetwork<Task.Network>],
    on backend: any Backend
  ) {
    self.settings = settings
    self.fitted = fitted
    self.networks = networks
    self.backend = backend
  }

  /// Reads a model.
  ///
  /// - Parameter folder: The `model` folder of a run.
  /// - Throws: ``ModelError`` for a folder that is missing, damaged, of another task or of a newer
  ///   format.
  package convenience init(folder: String, on backend: any Backend) throws {
    let files = ModelFolder(folder)
    let contents = try files.contents(Task.Fitted.self, of: Task.name)
    let settings = try SettingsReader<Task.Settings>(
      contents.configuration, name: files.configurationPath
    ).settings(over: Task.standard, isComplete: true)
    do {
      try contents.fitted.check(settings)
    } catch {
      throw files.damaged("\(error.part) cannot be right")
    }
    let networks = try (0..<settings.networkCount).map { member in
      let network = try Task.network(member: member, settings, contents.fitted, on: backend)
      return TrainedNetwork(network, try ParameterArena(network.layout, on: backend, seed: 0))
    }
    let weights = try Safetensors(decoding: contents.weights, file: files.weightsPath)
    if let tensor = weights.tensors.first(where: { !$0.values.areFinite }) {
      throw ModelError(
        files.weightsPath, "the tensor \"\(tensor.name)\" holds values that are no numbers",
        remedy: "Copy the model again, or retrain.")
    }
    try weights.load(into: networks.map(\.parameters), file: files.weightsPath)
    self.init(settings, contents.fitted, networks, on: backend)
  }

  /// The files of the model's folder.
  func files() throws -> [(name: String, bytes: [UInt8])] {
    try ModelFolder.files(
      task: Task.name, weights: Safetensors(members: networks.map(\.parameters)).encoded(),
      configuration: Array(try SettingsText.yaml(of: settings).utf8), fitted: fitted)
  }

  /// How the device runs the recurrent layers of a network.
  package func plans() throws -> [Recurrent.LayerPlan] {
    try networks.first?.network.plans(on: backend, batch: settings.batchSize) ?? []
  }
}
