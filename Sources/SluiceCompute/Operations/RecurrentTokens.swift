/// Tokens that a recurrent layer reads through the table of an embedding directly below it: its
/// input at step t of row n is row `indices[t, n]` of the table.
///
/// The embedding is folded into the layer: a back end multiplies rows of the table with W_ih, not the
/// input `[T, N, C]` of every step, and reads rows of the product; backward adds up the gates'
/// gradients of each token first. Where few different tokens stand in many places that saves most of
/// the input's products; where it does not, embed first. ``Backend/folds(_:_:lengths:)`` knows.
public struct RecurrentTokens {
  /// `[T, N]` int32 in `0 ..< V`, past a row's length too.
  public var indices: Tensor
  /// In `0 ..< V`: its row counts as zero, whatever stands in the table, and gets no gradient.
  public var ignoring: Int32?

  /// Each argument is the property of its name.
  public init(_ indices: Tensor, ignoring: Int32? = nil) {
    self.indices = indices
    self.ignoring = ignoring
  }

  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.invalidArgument`.
  func validate(_ d: RecurrentDescriptor, table: Tensor) throws(ComputeError) {
    let vocabulary = d.vocabulary ?? 0
    try Check.argument(vocabulary > 0, "an embedding of \(vocabulary) tokens")
    try Check.shape("table", table, [vocabulary, d.inputSize])
    try Check.contiguous("table", table)
    try Check.indices([("tokens", indices)])
    try Check.shape("tokens", indices, [d.steps, d.batch])
    try Check.ignored(ignoring, table: table)
  }
}

extension Backend {
  /// Checks the tokens and says whether it pays to fold the embedding into the layer that reads them,
  /// see ``Backend/folds(_:_:lengths:)``.
  ///
  /// - Parameter table: `[V, C]`
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange`.
  public func shouldFold(
    _ tokens: RecurrentTokens, table: Tensor, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    try tokens.validate(descriptor, table: table)
    if let lengths {
      try Check.indices([("lengths", lengths)])
      try Check.shape("lengths", lengths, [descriptor.batch])
    }
    return try folds(tokens, descriptor, lengths: lengths)
  }
}
