/// Puts matrices side by side, in one pass: `output[r] = [part₁[r], part₂[r], …]`. A part with fewer rows
/// is repeated; of a part with steps, `[T, R, C]`, those of a row stand side by side as T · C columns.
public struct Concatenate: Operation {
  public static let name = "concatenation"

  /// What stands in some of the columns.
  public struct Part {
    /// `[…, C]`: rows that divide those of the output, or T times as many. Any strides.
    public var input: Tensor
    /// T; 1: rows as they are.
    public var steps: Int

    /// Each argument is the property of its name.
    public init(_ input: Tensor, steps: Int = 1) {
      self.input = input
      self.steps = steps
    }

    /// The columns of the output that it fills.
    public var columns: Int { steps * input.columns }
  }

  /// What is dropped of some of the columns.
  public struct Dropped: Sendable {
    /// Over these columns alone, as if they were a tensor of their own.
    public var mask: DropoutMask
    /// Of the output.
    public var columns: Range<Int>

    /// Each argument is the property of its name.
    public init(_ mask: DropoutMask, columns: Range<Int>) {
      self.mask = mask
      self.columns = columns
    }
  }

  /// From left to right.
  public var parts: [Part]
  /// As many columns as all parts, any strides; may not overlap a part.
  public var output: Tensor
  /// Nil: nothing is dropped.
  public var dropout: Dropped?

  /// Each argument is the property of its name.
  public init(_ parts: [Part], into output: Tensor, dropout: Dropped? = nil) {
    self.parts = parts
    self.output = output
    self.dropout = dropout
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("output", output)])
    try Check.floats(parts.map { ("part", $0.input) })
    for part in parts {
      try Check.that(
        part.steps == 1
          ? part.input.rows > 0 && output.rows % part.input.rows == 0
          : part.steps > 0 && part.input.rows == part.steps * output.rows,
        "\(part.input.shape) in \(part.steps) steps beside rows of \(output.shape)")
    }
    try Check.that(
      parts.reduce(0) { $0 + $1.columns } == output.columns,
      "\(parts.map(\.input.shape)) side by side as \(output.shape)")
    guard let dropout else { return }
    try Check.argument(
      dropout.columns.lowerBound >= 0 && dropout.columns.upperBound <= output.columns
        && !dropout.columns.isEmpty,
      "dropout in the columns \(dropout.columns) of \(output.shape)")
    try dropout.mask.validate(over: output.columns(dropout.columns))
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output[t, r, c] = input[r, t · C + c]`, or added: the way back of what ``Concatenate`` makes of a
/// part with steps.
public struct ColumnsToSteps: Operation {
  public static let name = "columns to steps"

  /// `[R, T · C]`, any strides.
  public var input: Tensor
  /// `[T, R, C]`, any strides; may not overlap the input.
  public var output: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(_ input: Tensor, to output: Tensor, accumulate: Bool = false) {
    self.input = input
    self.output = output
    self.accumulate = accumulate
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.that(
      output.shape.rank == 3 && input.rows == output.shape[1]
        && input.columns == output.shape[0] * output.columns,
      "\(input.shape) as \(output.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
