/// What happens to a product's result before it is stored.
public enum Activation: String, Hashable, Sendable {
  /// x, 1 / (1 + e⁻ˣ), tanh x, max(0, x)
  case identity, sigmoid, tanh, relu
}

/// `output = activation(scale · op(left) · op(right) + bias)`, or with `accumulate`
/// `output += scale · op(left) · op(right)`.
///
/// Every operand is taken as a matrix of its innermost rows: leading dimensions are folded.
///
/// - Complexity: O(M·N·K) multiply-adds for `[M, K]` by `[K, N]`.
public struct MatrixProduct: Operation {
  public static let name = "matrix product"

  /// `[M, K]`, or `[K, M]` when `transposeLeft`.
  public var left: Tensor
  /// `[K, N]`, or `[N, K]` when `transposeRight`.
  public var right: Tensor
  /// `[N]`, added to every row; not together with `accumulate`.
  public var bias: Tensor?
  /// `[M, N]`; may not alias an operand.
  public var output: Tensor
  /// Whether the left matrix is taken transposed.
  public var transposeLeft: Bool
  /// Whether the right matrix is taken transposed.
  public var transposeRight: Bool
  /// Multiplies the product, not what is added.
  public var scale: Float
  /// Adds to `output`; needs `activation` to be `.identity`.
  public var accumulate: Bool
  /// Applied element by element.
  public var activation: Activation

  /// Each argument is the property of its name.
  public init(
    _ left: Tensor, _ right: Tensor, bias: Tensor? = nil, into output: Tensor,
    transposeLeft: Bool = false, transposeRight: Bool = false, scale: Float = 1,
    accumulate: Bool = false, activation: Activation = .identity
  ) {
    self.left = left
    self.right = right
    self.bias = bias
    self.output = output
    self.transposeLeft = transposeLeft
    self.transposeRight = transposeRight
    self.scale = scale
    self.accumulate = accumulate
    self.activation = activation
  }

  /// M: rows of the result.
  public var rows: Int { output.rows }
  /// N: columns of the result.
  public var columns: Int { output.columns }
  /// K: the length that is summed over.
  public var depth: Int { transposeLeft ? left.rows : left.columns }

  public func validate() throws(ComputeError) {
    try Check.floats([("left", left), ("right", right), ("bias", bias), ("output", output)])
    let leftRows = transposeLeft ? left.columns : left.rows
    let rightRows = transposeRight ? right.columns : right.rows
    let rightColumns = transposeRight ? right.rows : right.columns
    try Check.that(
      leftRows == rows && rightColumns == columns && rightRows == depth,
      "matrix product of \(left.shape)\(transposeLeft ? "ᵀ" : "") and "
        + "\(right.shape)\(transposeRight ? "ᵀ" : "") into \(output.shape)")
    if let bias {
      try Check.that(bias.count == columns && bias.isContiguous, "bias \(bias.shape) of \(columns)")
    }
    try Check.argument(
      !accumulate || (bias == nil && activation == .identity),
      "a matrix product that accumulates takes no bias and no activation")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
