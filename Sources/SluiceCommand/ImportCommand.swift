import ArgumentParser
import Sluice
import SluiceExport
import SluiceKeras
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTraining

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", _superCommandName: "sluice",
    abstract: "Reads a model of Keras: layers and weights.",
    discussion: """
      Reads what model.save("model.keras"), model.save("model.h5") and \
      model.save_weights("model.weights.h5") wrote, of Keras 3 and 2. Layers: Embedding, Dropout, \
      \(KerasCell.classNames), Bidirectional, pooling and Dense, one after another. libhdf5 must be installed; a message says \
      which package has it.

      A file of weights alone does not say of which layers they are. --config does, as for a plain \
      stack:

        model:
          stack:
            - embedding: 64
            - lstm: 32
            - dense: {units: 1, activation: sigmoid}

      The result is one file, as `SequenceModel` saves it; `export` takes it to ONNX, PyTorch or back to \
      Keras.
      """)

  @Option(
    help: ArgumentHelp("The file that Keras saved: .keras, .weights.h5 or .h5.", valueName: "file"),
    completion: .file(extensions: ["keras", "h5"]))
  var from: String

  @Option(
    help: ArgumentHelp("The file to write, safetensors.", valueName: "file"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "The layers, a YAML file. (default: as the file of Keras says)", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  func validate() throws {
    if output.isEmpty || output == "-" {
      throw ValidationError("--output needs the name of a file")
    }
  }

  func run() throws {
    try withFlags([SettingFlag("config", called: "configuration")]) {
      try InputFiles([from, config].compactMap { $0 }).refuse(output)
      let stack = try stack()
      let backend = try Devices.open("cpu", threads: nil)
      let read = try HDF5Library.exitingOnFailure(reading: from) {
        try SequenceModel.keras(contentsOf: from, configuration: stack, on: backend)
      }
      for remark in read.remarks { Console.note("note: \(remark)") }
      try read.model.save(to: output)
      Console.note("\(read.model)")
      Console.note("Wrote \(output).")
    }
  }

  /// The layers that `--config` names; nil without it.
  private func stack() throws -> StackConfiguration? {
    guard let config else { return nil }
    let settings = try SettingsReader<StackSettings>(FileReader.text(of: config), name: config)
      .settings(over: StackSettings())
    guard !settings.model.stack.isEmpty else {
      throw SettingError("model.stack", "names no layers", source: .file(config))
    }
    return settings.model.stack
  }
}

/// Layers in a file, where the configuration of a task has them too.
private struct StackSettings: SettingsBlock {
  var model = Model()

  struct Model: SettingsBlock {
    @Setting("The layers, one after another.") var stack = StackConfiguration()
  }
}
