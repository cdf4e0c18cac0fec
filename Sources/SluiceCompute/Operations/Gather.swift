/// `output[r] = table[indices[r]]`, or `+=` when `accumulate`: the rows of an embedding. Several
/// embeddings add up without a copy.
public struct EmbeddingForward: Operation {
  public static let name = "embedding"

  /// `[V, E]`
  public var table: Tensor
  /// int32 in `0 ..< V`, as many as `output` has rows.
  public var indices: Tensor
  /// In `0 ..< V`: where `indices` holds it, the row is zero, whatever stands in the table.
  public var ignoring: Int32?
  /// `[…, E]`, any strides.
  public var output: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool
  /// What of the output, with what was there before, is dropped in the end; nil: nothing.
  public var dropout: DropoutMask?

  /// Each argument is the property of its name.
  public init(
    table: Tensor, indices: Tensor, ignoring: Int32? = nil, into output: Tensor,
    accumulate: Bool = false, dropout: DropoutMask? = nil
  ) {
    self.table = table
    self.indices = indices
    self.ignoring = ignoring
    self.output = output
    self.accumulate = accumulate
    self.dropout = dropout
  }

  public func validate() throws(ComputeError) {
    try Check.embedding(table: table, indices: indices, rows: output)
    try Check.ignored(ignoring, table: table)
    try dropout?.validate(over: output)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `tableGradient[indices[r]] += outputGradient[r]`, in a fixed order; rows of the index `ignoring`
/// are left out.
public struct EmbeddingBackward: Operation {
  public static let name = "embedding gradient"

  /// `[…, E]`, any strides.
  public var outputGradient: Tensor
  /// As given to forward.
  public var indices: Tensor
  /// As given to forward.
  public var ignoring: Int32?
  /// `[V, E]`, added to.
  public var tableGradient: Tensor

  /// Each argument is the property of its name.
  public init(
    outputGradient: Tensor, indices: Tensor, ignoring: Int32? = nil, into tableGradient: Tensor
  ) {
    self.outputGradient = outputGradient
    self.indices = indices
    self.ignoring = ignoring
    self.tableGradient = tableGradient
  }

  public func validate() throws(ComputeError) {
    try Check.embedding(table: tableGradient, indices: indices, rows: outputGradient)
    try Check.ignored(ignoring, table: tableGradient)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// Cuts one window per batch row out of a data set that lives on the device:
/// `output[k, n, f] = (source[series[n], starts[n] + offset + k, f] − shift[n]) · scale`.
public struct GatherWindows: Operation {
  public static let name = "window gather"

  /// `[S, D, F]`: S series of D steps with F features. Contiguous.
  public var source: Tensor
  /// `[N]` int32 in `0 ..< S`; where nil, S is 1 and every row reads it.
  public var series: Tensor?
  /// `[N]` int32; every window must lie within `0 ..< D`.
  public var starts: Tensor
  /// Added to every start: −28 for the 28 steps before it.
  public var offset: Int
  /// `[N]`; 0 where nil.
  public var shift: Tensor?
  /// Multiplies what is left after the shift.
  public var scale: Float
  /// `[L, N, F]`, any strides: L steps.
  public var output: Tensor

  /// Each argument is the property of its name.
  public init(
    source: Tensor, series: Tensor?, starts: Tensor, offset: Int = 0, shift: Tensor? = nil,
    scale: Float = 1, into output: Tensor
  ) {
    self.source = source
    self.series = series
    self.starts = starts
    self.offset = offset
    self.shift = shift
    self.scale = scale
    self.output = output
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("source", source), ("shift", shift), ("output", output)])
    try Check.indices([("series", series), ("starts", starts)])
    try Check.contiguous("source", source)
    try Check.contiguous("shift", shift)
    try Check.that(
      source.shape.rank == 3 && output.shape.rank == 3 && source.columns == output.columns
        && output.shape[0] <= source.shape[1],
      "windows \(output.shape) of \(source.shape)")
    let batch = Shape([output.shape[1]])
    try Check.shape("starts", starts, batch)
    try Check.shape("series", series, batch)
    try Check.shape("shift", shift, batch)
    try Check.argument(
      series != nil || source.shape[0] == 1, "windows of \(source.shape[0]) series, none named")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output[r] = source[rows[r]]`: a batch out of a table that lives on the device. Both hold
/// float32, or both int32.
public struct GatherRows: Operation {
  public static let name = "row gather"

  /// `[R, C]`, contiguous.
  public var source: Tensor
  /// int32 in `0 ..< R`, as many as `output` has rows.
  public var rows: Tensor
  /// `[…, C]`; any strides if float32.
  public var output: Tensor

  /// Each argument is the property of its name.
  public init(source: Tensor, rows: Tensor, into output: Tensor) {
    self.source = source
    self.rows = rows
    self.output = output
  }

  public func validate() throws(ComputeError) {
    try Check.indices([("rows", rows)])
    if source.elementType == .float32 {
      try Check.embedding(table: source, indices: rows, rows: output)
    } else {
      try Check.indices([("source", source), ("output", output)])
      try Check.that(
        source.columns == output.columns && rows.count == output.rows,
        "rows \(rows.shape) of \(source.shape) into \(output.shape)")
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension Check {
  static func ignored(_ index: Int32?, table: Tensor) throws(ComputeError) {
    guard let index else { return }
    try argument(
      index >= 0 && Int(index) < table.rows, "the ignored index \(index) of \(table.shape)")
  }

  fileprivate static func embedding(table: Tensor, indices: Tensor, rows: Tensor)
    throws(ComputeError)
  {
    try floats([("table", table), ("rows", rows)])
    try Check.indices([("indices", indices)])
    try contiguous("table", table)
    try that(
      table.shape.rank == 2 && table.columns == rows.columns && indices.count == rows.rows,
      "rows \(indices.shape) of \(table.shape) as \(rows.shape)")
  }
}
