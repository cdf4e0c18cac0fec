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
  /// Gates are put into our order, and matrices turned; where Keras has one bias, it becomes the first of
  /// our two, the other one 0.
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
    for part in parts { _ = try part.form?.cell?.keras(for: part.title) }
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
    func add(_ parameter: Parameter, _ values: [Float]) {
      weights.append((parameter.name, parameter.shape, values))
    }
    func turned(_ parameter: Parameter) throws -> [Float] {
      let shape = parameter.shape.dimensions
      return KerasArray.turned(try next(shape.reversed()), rows: shape[1], columns: shape[0])
    }
    var parameters = layer.parameters[...]
    if let keras = try part.form?.cell?.keras(for: part.title) {
      // Four of each direction: both matrices, both biases.
      while let input = parameters.popFirst(), let hidden = parameters.popFirst(),
        let inputBias = parameters.popFirst(), let hiddenBias = parameters.popFirst()
      {
        add(input, keras.order.here(try turned(input)))
        add(hidden, keras.order.here(try turned(hidden)))
        let count = inputBias.shape.count
        let biases = try next(keras.hasTwoBiases ? [2, count] : [count])
        add(inputBias, keras.order.here(Array(biases.prefix(count))))
        add(
          hiddenBias,
          keras.hasTwoBiases
            ? keras.order.here(Array(biases.dropFirst(count)))
            : [Float](repeating: 0, count: count))
      }
    }
    for parameter in parameters {
      let isTurned = part.form != .embedding && parameter.shape.rank == 2
      add(parameter, try isTurned ? turned(parameter) : next(parameter.shape.dimensions))
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
