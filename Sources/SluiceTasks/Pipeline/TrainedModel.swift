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
    let (header, fitted) = try files.fitted(Task.Fitted.self, of: Task.name)
    let text = try FileReader.bytes(of: files.configurationPath)
    let settings = try SettingsReader<Task.Settings>(
      String(decoding: text, as: UTF8.self), name: files.configurationPath
    ).settings(over: Task.standard, isComplete: true)
    do {
      try fitted.check(settings)
    } catch {
      throw files.damaged("\(error.part) cannot be right")
    }
    let weights = try FileReader.bytes(of: files.weightsPath)
    try files.check(
      [
        (files.configurationPath, text, header.configurationChecksum),
        (files.weightsPath, weights, header.weightsChecksum),
      ])
    let networks = try (0..<settings.networkCount).map { member in
      let network = try Task.network(member: member, settings, fitted, on: backend)
      return TrainedNetwork(network, try ParameterArena(network.layout, on: backend, seed: 0))
    }
    try Safetensors(decoding: weights, file: files.weightsPath)
      .load(into: networks.map(\.parameters), file: files.weightsPath)
    self.init(settings, fitted, networks, on: backend)
  }

  /// The files of the model's folder.
  func files() throws -> [(name: String, bytes: [UInt8])] {
    try ModelFolder.files(
      task: Task.name, weights: Safetensors(members: networks.map(\.parameters)).encoded(),
      configuration: Array(try SettingsText.yaml(of: settings).utf8), fitted: fitted)
  }

  /// How the device runs the recurrent layers of a network.
  package func plans() throws -> [LSTM.LayerPlan] {
    try networks.first?.network.plans(on: backend, batch: settings.batchSize) ?? []
  }
}
