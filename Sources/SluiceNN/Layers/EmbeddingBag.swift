import SluiceCompute

/// A linear layer over sparse features, such as the n-grams of a text: the wide branch of a model,
/// whose outputs are added to the logits of the deep one.
///
/// Parameter: `<name>.weight` `[V, K]`, as that of PyTorch's `EmbeddingBag` with `mode="sum"` and
/// weights per sample. It starts from zero and does not decay.
///
/// - SeeAlso: Cheng et al., "Wide & deep learning for recommender systems", 2016.
public struct EmbeddingBag: Layer {
  public let name: String
  /// V
  public let vocabulary: Int
  /// K
  public let size: Int
  /// Multiplies the outputs.
  public let scale: Float
  /// `<name>.weight`
  public let weight: Parameter

  /// Declares the table.
  ///
  /// - Parameter learningRateScale: Multiplies the learning rate. Most features are rare, so their
  ///   weights see few gradients: 3 does well.
  public init(
    _ name: String, vocabulary: Int, size: Int, scale: Float = 1, learningRateScale: Float = 1,
    in layout: inout ParameterLayout
  ) {
    self.name = name
    self.vocabulary = vocabulary
    self.size = size
    self.scale = scale
    weight = layout.add(
      "\(name).weight", [vocabulary, size], .zeros, learningRateScale: learningRateScale,
      decays: false)
  }

  public var parameters: [Parameter] { [weight] }
  public var kind: String { "Embedding bag of \(vocabulary)" }
  public var outputDescription: String { "[N, \(size)]" }

  /// - Parameters:
  ///   - features: Those of the whole data set; each document's in ascending order.
  ///   - documents: `[N]` int32: the documents of the batch.
  ///   - other: `[N, K]`: what the outputs are added to.
  /// - Returns: `[N, K]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  /// - Complexity: O(entries of the batch · K) multiply-adds, forward and backward.
  public func callAsFunction(
    _ features: SparseTensor, documents: Tensor, addedTo other: Variable? = nil, on tape: Tape
  ) throws -> Variable {
    let shape: Shape = [documents.count, size]
    if let other, other.shape != shape {
      throw ComputeError(
        .shapeMismatch, "\(name) gives \(shape), cannot be added to \(other.shape)")
    }
    let output = try tape.result(shape, of: other.map { [$0] } ?? [], hasParameters: true)
    try tape.backend.enqueue(
      EmbeddingBagForward(
        features, documents: documents, table: tape.parameters.weight(weight), scale: scale,
        into: output.value, addedTo: other?.value))
    tape.record(output) { gradient, tape in
      try tape.backend.enqueue(
        EmbeddingBagBackward(
          features, documents: documents, outputGradient: gradient, scale: scale,
          into: tape.parameters.gradient(weight)))
      if let other { try tape.contribute(gradient, to: other) }
    }
    return output
  }
}
