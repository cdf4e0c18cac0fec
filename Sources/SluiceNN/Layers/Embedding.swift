import SluiceCompute

/// A trainable row of E values for each of V tokens.
///
/// Parameter: `<name>.weight` `[V, E]`, as PyTorch's.
public struct Embedding: Layer {
  public let name: String
  /// V
  public let vocabulary: Int
  /// E
  public let size: Int
  public let weight: Parameter

  /// Declares the table.
  ///
  /// - Parameter initializer: Uniform in ±0.05 unless said otherwise, as Keras does.
  public init(
    _ name: String, vocabulary: Int, size: Int, initializer: Initializer = .uniform(bound: 0.05),
    in layout: inout ParameterLayout
  ) {
    self.name = name
    self.vocabulary = vocabulary
    self.size = size
    weight = layout.add("\(name).weight", [vocabulary, size], initializer)
  }

  public var parameters: [Parameter] { [weight] }
  public var kind: String { "Embedding of \(vocabulary)" }
  public var outputDescription: String { "[…, \(size)]" }

  /// - Parameter indices: `[…]` int32 in `0 ..< V`, contiguous.
  /// - Returns: `[…, E]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  public func callAsFunction(_ indices: Tensor, on tape: Tape) throws -> Variable {
    let output = try tape.result(
      Shape(indices.shape.dimensions + [size]), of: [], hasParameters: true)
    try tape.backend.enqueue(
      EmbeddingForward(
        table: tape.parameters.weight(weight), indices: indices, into: output.value))
    tape.record(output) { gradient, tape in
      try tape.backend.enqueue(
        EmbeddingBackward(
          outputGradient: gradient, indices: indices, into: tape.parameters.gradient(weight)))
    }
    return output
  }
}
