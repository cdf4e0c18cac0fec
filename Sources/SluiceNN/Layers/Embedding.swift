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
  /// The token whose row is zero and stays so, as PyTorch's `padding_idx`; nil for none.
  public let paddingIndex: Int?
  /// `<name>.weight`
  public let weight: Parameter

  /// Declares the table.
  ///
  /// - Parameters:
  ///   - paddingIndex: A token that says nothing: padding, or one that was dropped.
  ///   - initializer: Uniform in ±0.05 unless said otherwise, as Keras does.
  ///   - decays: Whether weight decay applies.
  /// - Precondition: `paddingIndex` lies in `0 ..< vocabulary`.
  public init(
    _ name: String, vocabulary: Int, size: Int, paddingIndex: Int? = nil,
    initializer: Initializer = .uniform(bound: 0.05), decays: Bool = true,
    in layout: inout ParameterLayout
  ) {
    if let paddingIndex {
      precondition(
        paddingIndex >= 0 && paddingIndex < vocabulary,
        "\(name) has no token \(paddingIndex) among \(vocabulary)")
    }
    self.name = name
    self.vocabulary = vocabulary
    self.size = size
    self.paddingIndex = paddingIndex
    weight = layout.add(
      "\(name).weight", [vocabulary, size],
      paddingIndex.map { .zeroRow($0, initializer) } ?? initializer, decays: decays)
  }

  public var parameters: [Parameter] { [weight] }
  public var kind: String { "Embedding of \(vocabulary)" }
  public var outputDescription: String { "[…, \(size)]" }

  /// - Parameter indices: `[…]` int32 in `0 ..< V`, contiguous.
  /// - Returns: `[…, E]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  public func callAsFunction(_ indices: Tensor, on tape: Tape) throws -> Variable {
    try tape.sumOfEmbeddings([(self, indices)])
  }
}

extension Tape {
  /// The sum of what several embeddings of one size say about the same places: of a token and of its
  /// character pair, say. Nothing is copied.
  ///
  /// - Parameters:
  ///   - parts: Each with its indices `[…]`, of one shape for all.
  ///   - rate: Of ``variationalDropout(_:rate:)``, which the sum goes through in the same pass.
  /// - Returns: `[…, E]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument`, `.outOfMemory` or
  ///   `.deviceFailure`.
  public func sumOfEmbeddings(
    _ parts: [(embedding: Embedding, indices: Tensor)], dropping rate: Float = 0
  ) throws -> Variable {
    guard let first = parts.first else {
      throw ComputeError(.invalidArgument, "no embeddings to add up")
    }
    for (embedding, indices) in parts
    where embedding.size != first.embedding.size || indices.shape != first.indices.shape {
      throw ComputeError(
        .shapeMismatch,
        "\(embedding.name) gives \(indices.shape) × \(embedding.size), "
          + "\(first.embedding.name) \(first.indices.shape) × \(first.embedding.size)")
    }
    let output = try result(
      Shape(first.indices.shape.dimensions + [first.embedding.size]), of: [], hasParameters: true)
    let stepCount = output.shape.rank == 3 ? output.shape[0] : 1
    let mask = dropoutMask(rate: rate, period: output.value.count / max(1, stepCount))
    for (place, part) in parts.enumerated() {
      try backend.enqueue(
        EmbeddingForward(
          table: parameters.weight(part.embedding.weight), indices: part.indices,
          ignoring: part.embedding.paddingIndex.map(Int32.init), into: output.value,
          accumulate: place > 0, dropout: place == parts.count - 1 ? mask : nil))
    }
    record(output) { [parts] gradient, tape in
      if let mask { try tape.backend.enqueue(Dropout(mask, gradient, into: gradient)) }
      for (embedding, indices) in parts {
        try tape.backend.enqueue(
          EmbeddingBackward(
            outputGradient: gradient, indices: indices,
            ignoring: embedding.paddingIndex.map(Int32.init),
            into: tape.parameters.gradient(embedding.weight)))
      }
    }
    return output
  }
}
