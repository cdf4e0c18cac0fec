/// Replaces a share of a batch's tokens by another one, so that a model learns to do without a word.
///
/// Element i of the time-major batch `[T, N]` is replaced if word i of the stream is below
/// ``Dropout/threshold(rate:)``, i = t·N + n. Padding stays padding.
///
/// - SeeAlso: Iyyer et al., "Deep unordered composition rivals syntactic methods for text
///   classification", 2015; ``RandomStream``.
public struct TokenDropout: Hashable, Sendable {
  /// In `[0, 1)`.
  public var rate: Float
  /// Where its numbers come from.
  public var stream: RandomStream
  /// What stands in a dropped token's place.
  public var replacement: Int32

  /// Each argument is the property of its name.
  public init(rate: Float, stream: RandomStream, replacement: Int32) {
    self.rate = rate
    self.stream = stream
    self.replacement = replacement
  }
}

/// Makes a batch out of token sequences that live on the device, one after the other:
/// `output[t, n] = source[offsets[d] + t]` with d = `documents[n]`, for t below `lengths[n]`, the
/// smaller of the document's length and T; `padding` from there on.
///
/// A second stream of the same documents (of character pairs, say) is gathered by another
/// operation with the same offsets. The same bits on every back end.
public struct GatherSequences: Operation {
  public static let name = "sequence gather"

  /// int32 `[total]`: the tokens of all documents.
  public var source: Tensor
  /// int32 `[D + 1]`, ascending, within `0 ... total`: where each document begins, and the end.
  public var offsets: Tensor
  /// int32 `[N]` in `0 ..< D`.
  public var documents: Tensor
  /// What stands past a document's end.
  public var padding: Int32
  /// None where nil.
  public var dropout: TokenDropout?
  /// int32 `[T, N]`, contiguous, written; T is at least 1.
  public var output: Tensor
  /// int32 `[N]`, written.
  public var lengths: Tensor

  /// Each argument is the property of its name.
  public init(
    source: Tensor, offsets: Tensor, documents: Tensor, padding: Int32 = 0,
    dropout: TokenDropout? = nil, into output: Tensor, lengths: Tensor
  ) {
    self.source = source
    self.offsets = offsets
    self.documents = documents
    self.padding = padding
    self.dropout = dropout
    self.output = output
    self.lengths = lengths
  }

  public func validate() throws(ComputeError) {
    try Check.indices([
      ("source", source), ("offsets", offsets), ("documents", documents), ("output", output),
      ("lengths", lengths),
    ])
    try Check.that(
      source.shape.rank == 1 && offsets.shape.rank == 1 && offsets.count >= 1,
      "offsets \(offsets.shape) into \(source.shape)")
    try Check.that(
      output.shape.rank == 2 && output.shape[0] >= 1, "sequences as \(output.shape), not [T, N]")
    try Check.shape("documents", documents, [output.shape[1]])
    try Check.shape("lengths", lengths, [output.shape[1]])
    if let dropout {
      try Check.argument(
        dropout.rate >= 0 && dropout.rate < 1,
        "a token dropout rate of \(dropout.rate), not in [0, 1)")
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
