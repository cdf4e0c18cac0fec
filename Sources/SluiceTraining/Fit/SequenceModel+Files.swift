import SluiceCompute
import SluiceNN

extension SequenceModel {
  /// Writes the model to a safetensors file: its weights under PyTorch's names, and what it is made of.
  ///
  /// The file is written beside and renamed: there is the whole new file or the old one.
  ///
  /// - Throws: An error that names the file where it cannot be written; ``ComputeError`` with
  ///   `.deviceFailure`.
  /// - Note: Waits for the device.
  public func save(to path: String) throws {
    let description = try ModelDescription(self).encoded()
    let tensors = Safetensors(
      try parameters.namedWeights(),
      metadata: ["format": "pt", ModelDescription.metadataKey: description])
    try tensors.write(to: path)
  }

  /// Reads a model of a plain stack of layers that ``save(to:)`` wrote.
  ///
  /// - Throws: ``SafetensorsError`` where the file is damaged, of another kind, or holds a network that is
  ///   a function: make that one in code, then ``loadWeights(from:)``. An error that names the file
  ///   where it cannot be read.
  public static func load(from path: String, on backend: any Backend) throws -> SequenceModel {
    let tensors = try Safetensors(contentsOf: path)
    let description = try ModelDescription(in: tensors, file: path)
    guard let layers = description.layers, let input = description.input else {
      throw SafetensorsError(
        path, "it holds the weights of a network that is a function, which no file holds",
        remedy: "Make the model in code, then `loadWeights(from:)`")
    }
    let loss = description.loss?.function
    guard (loss == nil) == (description.loss == nil) else {
      throw SafetensorsError(
        path, "its loss is \(description.loss?.name ?? ""), which is not known here",
        remedy: "Use the version that wrote it")
    }
    let model = try SequenceModel(layers.layers, input: input, loss: loss, on: backend)
    try model.parameters.load(tensors, file: path)
    return model
  }

  /// Replaces every weight by the one in the file, which ``save(to:)`` or PyTorch wrote.
  ///
  /// - Throws: ``SafetensorsError`` that lists what is missing, superfluous or of another shape; then no
  ///   weight has changed. An error that names the file where it cannot be read.
  public func loadWeights(from path: String) throws {
    try parameters.load(Safetensors(contentsOf: path), file: path)
  }
}
