/// `output[j] = Σ_r input[r, j]` over all rows, or added to `output` when `accumulate`:
/// the gradient of a bias.
public struct ColumnSum: Operation {
  public static let name = "column sum"

  /// Taken as a matrix of its innermost rows.
  public var input: Tensor
  /// `[columns]`
  public var output: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(_ input: Tensor, into output: Tensor, accumulate: Bool = false) {
    self.input = input
    self.output = output
    self.accumulate = accumulate
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.contiguous("output", output)
    try Check.that(
      output.count == input.columns, "column sum of \(input.shape) into \(output.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output[n, j] = Σ_t input[t, n, j]`, or added to `output` when `accumulate`: the gradient of
/// what ``Copy`` repeated over the steps.
public struct SumOverSteps: Operation {
  public static let name = "sum over steps"

  /// `[T, N, C]`, any strides.
  public var input: Tensor
  /// `[N, C]`, any strides.
  public var output: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(_ input: Tensor, into output: Tensor, accumulate: Bool = false) {
    self.input = input
    self.output = output
    self.accumulate = accumulate
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.that(
      input.shape.rank == 3 && output.shape == Shape(Array(input.shape.dimensions.dropFirst())),
      "sum over steps of \(input.shape) into \(output.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output[0] = Σ input²`, summed in a fixed order with at least double precision in the last
/// stage: the squared norm of all gradients in one pass.
public struct SumOfSquares: Operation {
  public static let name = "sum of squares"

  /// Contiguous.
  public var input: Tensor
  /// `[1]`
  public var output: Tensor

  /// Each argument is the property of its name.
  public init(_ input: Tensor, into output: Tensor) {
    self.input = input
    self.output = output
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.contiguous("input", input)
    try Check.shape("output", output, [1])
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
