/// All gradients of `output = activation(input · Wᵀ + b)`, R rows of I to R rows of O.
///
/// - Complexity: O(R · I · O) multiply-adds, for the weights and for the input each.
public struct LinearBackward: Operation {
  public static let name = "linear gradient"

  /// Of the layer.
  public var activation: Activation
  /// `[…, I]`, any strides.
  public var input: Tensor
  /// `[O, I]`, contiguous.
  public var weight: Tensor
  /// `[…, O]`: what forward wrote, any strides. Only looked at where there is an activation.
  public var output: Tensor
  /// `[…, O]`, any strides; overwritten by anything where there is an activation.
  public var outputGradient: Tensor
  /// `[O, I]`, contiguous; added to.
  public var weightGradient: Tensor
  /// `[O]`, added to.
  public var biasGradient: Tensor
  /// `[…, I]`, any strides. Nil: not wanted.
  public var inputGradient: Tensor?
  /// Whether the input's gradient is added to what is there, instead of replacing it.
  public var accumulateInputGradient: Bool

  /// Each argument is the property of its name.
  public init(
    _ activation: Activation, input: Tensor, weight: Tensor, output: Tensor,
    outputGradient: Tensor, weightGradient: Tensor, biasGradient: Tensor,
    inputGradient: Tensor? = nil, accumulateInputGradient: Bool = false
  ) {
    self.activation = activation
    self.input = input
    self.weight = weight
    self.output = output
    self.outputGradient = outputGradient
    self.weightGradient = weightGradient
    self.biasGradient = biasGradient
    self.inputGradient = inputGradient
    self.accumulateInputGradient = accumulateInputGradient
  }

  public func validate() throws(ComputeError) {
    try Check.floats([
      ("input", input), ("weight", weight), ("output", output),
      ("output gradient", outputGradient), ("weight gradient", weightGradient),
      ("bias gradient", biasGradient), ("input gradient", inputGradient),
    ])
    for tensor in [weight, weightGradient] {
      try Check.contiguous("weight", tensor)
      try Check.shape("weight", tensor, [outputGradient.columns, input.columns])
    }
    try Check.shape("output", output, outputGradient.shape)
    try Check.shape("bias gradient", biasGradient, [outputGradient.columns])
    try Check.shape("input gradient", inputGradient, input.shape)
    try Check.that(
      input.rows == outputGradient.rows, "\(input.shape) beside \(outputGradient.shape)")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension LinearBackward {
  /// The same, one gradient after the other.
  package func inParts(on backend: any Backend) throws(ComputeError) {
    if activation != .identity {
      try backend.execute(
        ActivationBackward(
          activation, output: output, outputGradient: outputGradient,
          inputGradient: outputGradient))
    }
    try backend.execute(
      MatrixProduct(
        outputGradient, input, into: weightGradient, transposeLeft: true, accumulate: true))
    try backend.execute(ColumnSum(outputGradient, into: biasGradient, accumulate: true))
    guard let inputGradient else { return }
    try backend.execute(
      MatrixProduct(
        outputGradient, weight, into: inputGradient, accumulate: accumulateInputGradient))
  }
}
