/// Tokens that a recurrent layer reads through the table of an embedding directly below it: its
/// input at step t of row n is row `indices[t, n]` of the table.
///
/// The layer then never needs an input `[T, N, C]`. Where few different tokens stand in many places,
/// a back end multiplies the table with W_ih instead of every step's input, and reads rows of the
/// product; backward adds up the gates' gradients of each token first. It says so in its plan.
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
