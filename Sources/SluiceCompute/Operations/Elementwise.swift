/// Sets every element to one value.
public struct Fill: Operation {
  public static let name = "fill"

  /// float32 or int32, any strides.
  public var output: Tensor
  /// Converted to the element type.
  public var value: Float

  /// Each argument is the property of its name.
  public init(_ output: Tensor, with value: Float) {
    self.output = output
    self.value = value
  }

  public func validate() throws(ComputeError) {
    if output.elementType == .int32 {
      try Check.indices([("output", output)])
    } else {
      try Check.floats([("output", output)])
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output = input`, or `output += input` when `accumulate`. Where `input` has fewer rows than
/// `output`, its rows are repeated: `[N, C]` fills every step of `[T, N, C]`.
public struct Copy: Operation {
  public static let name = "copy"

  /// Any strides.
  public var input: Tensor
  /// The same columns as `input`, and a multiple of its rows; any strides; may not overlap `input`.
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
      input.columns == output.columns && input.rows > 0 && output.rows % input.rows == 0,
      "copy of \(input.shape) to \(output.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output = inputScale · input + outputScale · output`, element by element; `outputScale` 0
/// overwrites. Weight averaging and gradient scaling are this.
public struct LinearCombination: Operation {
  public static let name = "linear combination"

  /// Contiguous.
  public var input: Tensor
  /// The input's factor.
  public var inputScale: Float
  /// Contiguous, like `input`; as many elements; may be `input` itself.
  public var output: Tensor
  /// The factor of what is there.
  public var outputScale: Float

  /// Each argument is the property of its name.
  public init(_ input: Tensor, scale inputScale: Float, to output: Tensor, outputScale: Float) {
    self.input = input
    self.inputScale = inputScale
    self.output = output
    self.outputScale = outputScale
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.contiguous("input", input)
    try Check.contiguous("output", output)
    try Check.that(input.count == output.count, "\(input.shape) and \(output.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `output = activation(input)`.
public struct ActivationForward: Operation {
  public static let name = "activation"

  /// Applied element by element.
  public var activation: Activation
  /// Any shape and strides.
  public var input: Tensor
  /// The same shape as `input`, any strides; may be `input` itself.
  public var output: Tensor

  /// Each argument is the property of its name.
  public init(_ activation: Activation, _ input: Tensor, into output: Tensor) {
    self.activation = activation
    self.input = input
    self.output = output
  }

  public func validate() throws(ComputeError) {
    try Check.floats([("input", input), ("output", output)])
    try Check.shape("output", output, input.shape)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `inputGradient = activation'(…) · outputGradient`, the derivative taken from the output.
public struct ActivationBackward: Operation {
  public static let name = "activation gradient"

  /// Applied element by element.
  public var activation: Activation
  /// What forward wrote.
  public var output: Tensor
  /// The shape of `output`.
  public var outputGradient: Tensor
  /// Written, or added to when `accumulate`; may be `outputGradient` itself when not.
  public var inputGradient: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(
    _ activation: Activation, output: Tensor, outputGradient: Tensor, inputGradient: Tensor,
    accumulate: Bool = false
  ) {
    self.activation = activation
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
    self.accumulate = accumulate
  }

  public func validate() throws(ComputeError) {
    try Check.floats([
      ("output", output), ("output gradient", outputGradient), ("input gradient", inputGradient),
    ])
    try Check.shape("output gradient", outputGradient, output.shape)
    try Check.shape("input gradient", inputGradient, output.shape)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// Zeroes a share of the elements and scales the others by 1 / (1 − rate). Its own gradient:
/// the same operation on the output's gradient, with the same stream.
///
/// Element i is kept if word i of the stream is at least `UInt32(rate · 2³²)`, where i counts the
/// elements of `input` row by row; with `period` p, i is taken modulo p, so that p = N·C drops the
/// same elements at every step of `[T, N, C]` (variational dropout).
///
/// - SeeAlso: Srivastava et al. 2014; ``RandomStream``.
public struct Dropout: Operation {
  public static let name = "dropout"

  /// In `[0, 1)`.
  public var rate: Float
  /// Where its numbers come from.
  public var stream: RandomStream
  /// After how many elements the mask repeats; a multiple of the columns. Nil: never.
  public var period: Int?
  /// Any shape and strides.
  public var input: Tensor
  /// The same shape, any strides; may be `input` itself unless `accumulate`.
  public var output: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(
    rate: Float, stream: RandomStream, period: Int? = nil, _ input: Tensor, into output: Tensor,
    accumulate: Bool = false
  ) {
    self.rate = rate
    self.stream = stream
    self.period = period
    self.input = input
    self.output = output
    self.accumulate = accumulate
  }

  /// Words of the stream below this drop their element.
  public static func threshold(rate: Float) -> UInt32 {
    UInt32(Double(rate) * 0x1p32)
  }

  public func validate() throws(ComputeError) {
    try Check.argument(rate >= 0 && rate < 1, "a dropout rate of \(rate), not in [0, 1)")
    try Check.floats([("input", input), ("output", output)])
    try Check.shape("output", output, input.shape)
    if let period {
      try Check.argument(
        period > 0 && period % input.columns == 0,
        "a dropout mask that repeats after \(period) elements in rows of \(input.columns)")
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
