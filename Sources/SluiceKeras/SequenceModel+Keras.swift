import SluiceCompute
import SluiceNN
import SluiceTraining

/// A model of Keras, read.
package struct KerasImport {
  /// The network, its weights on the device.
  package let model: SequenceModel
  /// What was left out because it matters in training alone, a sentence or two each.
  package let remarks: [String]
}

extension SequenceModel {
  /// Reads a model that Keras saved: `.keras`, `.weights.h5`, or `.h5`.
  ///
  /// Keras' order of gates, i, f, c, o, is ours, whose c is called g; its matrices are turned, and its one
  /// bias becomes the first of our two, the other one 0.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - configuration: Its layers; nil or empty: as the file says.
  ///   - backend: The device.
  /// - Throws: ``KerasError`` where there is no libhdf5, the file is damaged, its layers cannot be had
  ///   here, or its weights do not fit them; `FileError`; `StackError` where the configuration does not
  ///   make a network.
  package static func keras(
    contentsOf path: String, configuration: StackConfiguration? = nil, on backend: any Backend
  ) throws -> KerasImport {
    let file = try KerasFile(contentsOf: path)
    let known = configuration.flatMap { $0.isEmpty ? nil : KerasStack($0) }
    let (stack, arrays) = try file.read(known: known)
    let parts = stack.parts.filter { $0.form != nil }
    guard let first = parts.first, let width = arrays.first?.first?.shape.first, width > 0 else {
      throw KerasError(path, "it has no layer with weights")
    }
    let input: StackConfiguration.Input =
      first.form == .embedding ? .tokens(vocabulary: width) : .features(width)
    var layout = ParameterLayout()
    let layers = try LayerStack(stack.configuration, input: input, in: &layout)
    var weights: [(name: String, shape: Shape, values: [Float])] = []
    for (layer, (part, arrays)) in zip(layers.layers, zip(parts, arrays)) {
      weights += try Self.weights(of: layer, part, arrays, file: path)
    }
    let model = try SequenceModel(stack.configuration.layers, input: input, on: backend)
    try model.parameters.load(named: weights)
    return KerasImport(model: model, remarks: stack.remarks)
  }

  /// The weights of a layer under our names.
  private static func weights(
    of layer: any Layer, _ part: KerasStack.Part, _ arrays: [KerasArray], file: String
  ) throws -> [(name: String, shape: Shape, values: [Float])] {
    var left = arrays[...]
    func next(_ shape: [Int]) throws -> [Float] {
      guard let array = left.popFirst() else { return [] }
      guard array.shape == shape else {
        throw KerasError(
          file, "\(array.path) is \(Shape(array.shape)), where \(part.title) needs \(Shape(shape))",
          remedy: "Are these the layers of the model that was saved?")
      }
      return array.values
    }
    var weights: [(name: String, shape: Shape, values: [Float])] = []
    for parameter in layer.parameters {
      let shape = parameter.shape.dimensions
      switch (part.form, shape.count) {
      case (.embedding, _):
        weights.append((parameter.name, parameter.shape, try next(shape)))
      case (_, 2):
        let values = try next(shape.reversed())
        weights.append(
          (
            parameter.name, parameter.shape,
            KerasArray.turned(values, rows: shape[1], columns: shape[0])
          ))
      case (.lstm, _) where parameter.name.contains("bias_hh"),
        (.bidirectional, _) where parameter.name.contains("bias_hh"):
        weights.append(
          (parameter.name, parameter.shape, [Float](repeating: 0, count: parameter.shape.count)))
      default:
        weights.append((parameter.name, parameter.shape, try next(shape)))
      }
    }
    return weights
  }
}

extension KerasArray {
  /// The transpose of a matrix, row-major both.
  ///
  /// - Precondition: as many values as `rows` times `columns`.
  static func turned(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var turned: [Float] = []
    turned.reserveCapacity(values.count)
    for column in 0..<columns {
      for row in 0..<rows { turned.append(values[row * columns + column]) }
    }
    return turned
  }
}
