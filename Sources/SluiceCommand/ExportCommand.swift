import ArgumentParser
import Foundation
import Sluice
import SluiceExport
import SluiceKeras
import SluicePlatform
import SluiceTables
import SluiceTasks
import SluiceTraining

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", _superCommandName: "sluice",
    abstract: "Writes a model for other programs.",
    discussion: """
      onnx: one graph with every weight in it, for onnxruntime and others.

      torch: a Python module that reads the model's folder and answers with PyTorch.

      keras: a stack of layers for Keras 3, whole where --output ends in .keras, its weights alone where \
      it ends in .weights.h5. libhdf5 must be installed.

      example: the preprocessed inputs of the rows of --data, and the model's own answers, as safetensors.

      Beside onnx and torch, in the file's name with .json, stands what makes inputs of a table's rows, and what \
      the answers are.
      """)

  @Option(
    help: ArgumentHelp(
      "The `model` folder of a run, or a file that `SequenceModel` saved.", valueName: "dir"),
    completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("What to write.", valueName: "onnx|torch|keras|example"),
    completion: .choices(ExportFormat.self), transform: ExportFormat.init(word:))
  var format: ExportFormat

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp("The rows of an example, a CSV.", valueName: "file"), completion: .file())
  var data: String?

  enum ExportFormat: String, WordChoice {
    case onnx, torch, keras, example
  }

  func validate() throws {
    if output.isEmpty || output == "-" {
      throw ValidationError("--output needs the name of a file")
    }
    if data != nil, format != .example {
      throw ValidationError("--data is for --format example: a model is exported without rows")
    }
  }

  func run() throws {
    if FileReader.isRegularFile(model) { return try withFlags([]) { try exportStack() } }
    let task = try withFlags([]) { try Tasks.ofModel(model) }
    try withFlags(task.predictionFlags + task.flags) { try export(task) }
  }

  private func export<Task: LearningTask>(_ task: Task.Type) throws {
    let model = try TrainedModel<Task>(folder: model, on: Devices.open("cpu", threads: nil))
    if format == .example {
      let example = try Task.example(of: model, for: data.map { try Table.read($0) })
      return try write([(output, example.encoded())])
    }
    guard format != .keras else {
      throw ExportError(
        "a model of \(Task.name) is more than a stack of layers, which is all that Keras would read",
        remedy: "Choose --format onnx or torch.")
    }
    let graph = try Task.graph(of: model)
    try export(
      graph, model.exportDescription(graph), title: "A model of \(Task.name)",
      weights: ModelFolder(self.model).weightsPath)
  }

  /// Exports the file of a plain stack of layers.
  private func exportStack() throws {
    guard format != .example else {
      throw ExportError(
        "\(model) is a stack of layers, which reads no table",
        remedy: "An example is for the `model` folder of a run.")
    }
    let stack = try SequenceModel.load(from: model, on: Devices.open("cpu", threads: nil))
    if format == .keras { return try write([(output, stack.kerasFile(named: output))]) }
    let graph = try stack.graph()
    let description = ExportDescription(
      task: nil, graph, configuration: nil, preprocessing: String?.none)
    try export(graph, description, title: "A stack of layers", weights: model)
  }

  private func export(
    _ graph: ExportGraph, _ description: some Encodable, title: String, weights: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var files = [(path: beside("json"), bytes: [UInt8](try encoder.encode(description)))]
    if format == .onnx {
      let bytes = try OnnxModel(graph, producer: "sluice", version: Version.current).bytes
      return try write(files + [(output, bytes)])
    }
    let module = try TorchModule(
      graph, title: "\(title), exported by Sluice \(Version.current)", model: way(to: weights))
    files.append((output, Array(module.text.utf8)))
    if !module.constants.isEmpty {
      let constants = Safetensors(
        module.constants.map { .init($0.name, .init($0.shape), $0.values) },
        metadata: ["format": "pt"])
      files.append((beside("constants.safetensors"), constants.encoded()))
    }
    try write(files)
  }

  /// The output's name with another ending.
  private func beside(_ ending: String) -> String {
    URL(fileURLWithPath: output).deletingPathExtension().appendingPathExtension(ending).relativePath
  }

  /// Writes all files, none of them over another or over what is exported.
  private func write(_ files: [(path: String, bytes: [UInt8])]) throws {
    let inputs = InputFiles([model, data].compactMap { $0 }, folders: [model])
    var taken: Set<String> = []
    for file in files {
      try inputs.refuse(file.path)
      let place = URL(fileURLWithPath: file.path).resolvingSymlinksInPath().path
      guard taken.insert(place).inserted else {
        throw ExportError(
          "\(file.path) would be written over another file of the export",
          remedy: "Choose another --output.")
      }
    }
    for file in files { try AtomicFile.write(file.bytes, to: file.path) }
    Console.note("Wrote \(files.map(\.path).joined(separator: ", ")).")
  }

  /// The way from the output's folder to the weights.
  private func way(to weights: String) -> String {
    let from = URL(fileURLWithPath: output).deletingLastPathComponent().standardized.pathComponents
    let to = URL(fileURLWithPath: weights).standardized.pathComponents
    let shared = zip(from, to).prefix { $0 == $1 }.count
    let way = from.dropFirst(shared).map { _ in ".." } + to.dropFirst(shared)
    return way.joined(separator: "/")
  }
}
