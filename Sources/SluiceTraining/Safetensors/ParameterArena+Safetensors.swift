import SluiceCompute
import SluiceNN

extension Safetensors {
  /// A file of weights, as ``ParameterArena/namedWeights()`` gives them.
  ///
  /// - Precondition: no two share a name, and each has as many values as its shape has elements.
  public init(
    _ weights: [(name: String, shape: Shape, values: [Float])], metadata: [String: String] = [:]
  ) {
    self.init(weights.map { Tensor($0.name, $0.shape, $0.values) }, metadata: metadata)
  }
}

extension ParameterArena {
  /// Replaces every weight by the tensor of its name.
  ///
  /// - Parameters:
  ///   - tensors: exactly the parameters of this model.
  ///   - file: its name, for messages.
  /// - Throws: ``SafetensorsError`` that lists what is missing, superfluous or of another shape;
  ///   then no weight has changed.
  public func load(_ tensors: Safetensors, file: String) throws {
    let remedy = "The file belongs to a model of another configuration"
    let named = try tensors.tensors.map { tensor in
      guard case .float32(let values) = tensor.values else {
        throw SafetensorsError(
          file, "the tensor \"\(tensor.name)\" is \(tensor.values.typeName), should be F32",
          remedy: remedy)
      }
      return (name: tensor.name, shape: tensor.shape, values: values)
    }
    do {
      try load(named: named)
    } catch let mismatch as WeightMismatch {
      throw SafetensorsError(file, mismatch.faults, remedy: remedy)
    }
  }
}

extension ParameterLayout {
  /// Cuts an arena into the parameters' tensors, each named `prefix` + its name.
  ///
  /// - Precondition: `values` has at least ``count`` elements.
  func named(_ values: [Float], prefix: String = "") -> [Safetensors.Tensor] {
    parameters.map { Safetensors.Tensor(prefix + $0.name, $0.shape, Array(values[$0.range])) }
  }

  /// Puts the parameters' tensors together to an arena; gaps are 0.
  ///
  /// - Throws: ``SafetensorsError`` where one is missing or does not fit.
  func arena(from tensors: Safetensors, prefix: String = "", file: String) throws -> [Float] {
    var values = [Float](repeating: 0, count: max(1, count))
    for parameter in parameters {
      let name = prefix + parameter.name
      guard let tensor = tensors[name] else {
        throw SafetensorsError(
          file, "the tensor \"\(name)\" is missing",
          remedy: "The file belongs to a model of another configuration")
      }
      guard tensor.shape == parameter.shape, case .float32(let elements) = tensor.values else {
        throw SafetensorsError(
          file,
          "the tensor \"\(name)\" is \(tensor.shape) \(tensor.values.typeName), "
            + "should be \(parameter.shape) F32",
          remedy: "The file belongs to a model of another configuration")
      }
      values.replaceSubrange(parameter.range, with: elements)
    }
    return values
  }
}
