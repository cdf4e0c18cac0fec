import SluiceCompute

/// Why named weights do not fit a model. Nothing was loaded.
public struct WeightMismatch: Error, Hashable, CustomStringConvertible {
  /// Parameters of the model for which there are no weights.
  public var missing: [String] = []
  /// Weights for which the model has no parameter.
  public var unexpected: [String] = []
  /// Weights given twice.
  public var repeated: [String] = []
  /// Weights of another shape than the parameter's, or with too many or few values for their own.
  public var misshapen: [Misshapen] = []

  /// A weight of the wrong shape.
  public struct Misshapen: Hashable, Sendable {
    /// The parameter's name.
    public let name: String
    /// As given.
    public let shape: Shape
    /// The parameter's shape.
    public let expected: Shape
    /// How many values were given.
    public let count: Int
  }

  var isEmpty: Bool {
    missing.isEmpty && unexpected.isEmpty && repeated.isEmpty && misshapen.isEmpty
  }

  public var description: String {
    "the weights do not fit the model: \(faults). Were they saved by a model with other settings?"
  }

  /// Everything that does not fit, as one line.
  public var faults: String {
    var faults: [String] = []
    if !missing.isEmpty { faults.append("missing: " + Self.list(missing)) }
    if !unexpected.isEmpty { faults.append("not in the model: " + Self.list(unexpected)) }
    if !repeated.isEmpty { faults.append("given twice: " + Self.list(repeated)) }
    if !misshapen.isEmpty {
      faults.append(
        Self.list(
          misshapen.map { fault in
            fault.shape == fault.expected
              ? "\(fault.name) \(fault.shape) comes with \(fault.count) values"
              : "\(fault.name) is \(fault.shape), should be \(fault.expected)"
          }))
    }
    return faults.joined(separator: "; ")
  }

  /// The first few entries, and how many more there are.
  private static func list(_ entries: [String]) -> String {
    let shown = entries.prefix(8).joined(separator: ", ")
    return entries.count > 8 ? "\(shown) and \(entries.count - 8) more" : shown
  }
}

extension ParameterArena {
  /// All weights on the host, in the order of the layout, under PyTorch's names and in its layout.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`.
  /// - Note: Waits for the device.
  public func namedWeights() throws -> [(name: String, shape: Shape, values: [Float])] {
    let all = try backend.read(weights)
    return layout.parameters.map { ($0.name, $0.shape, Array(all[$0.range])) }
  }

  /// Replaces all weights. Their order does not matter.
  ///
  /// - Throws: ``WeightMismatch``, with everything that does not fit; then no weight has changed.
  public func load(named tensors: [(name: String, shape: Shape, values: [Float])]) throws {
    var mismatch = WeightMismatch()
    var values = [Float](repeating: 0, count: weights.count)
    let parameters = Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0) })
    var seen: Set<String> = []
    for tensor in tensors {
      guard let parameter = parameters[tensor.name] else {
        mismatch.unexpected.append(tensor.name)
        continue
      }
      if !seen.insert(tensor.name).inserted {
        mismatch.repeated.append(tensor.name)
      }
      guard tensor.shape == parameter.shape, tensor.values.count == parameter.shape.count else {
        mismatch.misshapen.append(
          WeightMismatch.Misshapen(
            name: tensor.name, shape: tensor.shape, expected: parameter.shape,
            count: tensor.values.count))
        continue
      }
      values.replaceSubrange(parameter.range, with: tensor.values)
    }
    mismatch.missing = layout.parameters.map(\.name).filter { !seen.contains($0) }
    guard mismatch.isEmpty else { throw mismatch }
    try backend.write(values, to: weights)
  }
}
