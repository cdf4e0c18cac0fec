import SluiceCompute

/// `output = activation(input · Wᵀ + b)` on the innermost dimension.
///
/// Parameters, in PyTorch's layout: `<name>.weight` `[O, I]` and `<name>.bias` `[O]`.
public struct Linear: Layer {
  public let name: String
  /// I
  public let inputSize: Int
  /// O
  public let outputSize: Int
  /// Applied in the product's epilogue.
  public let activation: Activation
  /// `<name>.weight`
  public let weight: Parameter
  /// `<name>.bias`
  public let bias: Parameter

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - activation: Applied in the product's epilogue.
  ///   - weightScale: Multiplies the Glorot bound. A small one (0.1) on the output layer starts the
  ///     model near zero.
  ///   - biasLearningRateScale: Multiplies the learning rate of the bias.
  public init(
    _ name: String, inputSize: Int, outputSize: Int, activation: Activation = .identity,
    weightScale: Float = 1, biasLearningRateScale: Float = 1, in layout: inout ParameterLayout
  ) {
    self.name = name
    self.inputSize = inputSize
    self.outputSize = outputSize
    self.activation = activation
    weight = layout.add(
      "\(name).weight", [outputSize, inputSize], .glorotUniform(scale: weightScale))
    bias = layout.add(
      "\(name).bias", [outputSize], .zeros, learningRateScale: biasLearningRateScale,
      decays: false)
  }

  public var parameters: [Parameter] { [weight, bias] }

  public var kind: String {
    activation == .identity ? "Linear" : "Linear (\(activation.rawValue))"
  }

  public var outputDescription: String { "[…, \(outputSize)]" }

  /// - Parameter input: `[…, I]`, any strides.
  /// - Returns: `[…, O]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  /// - Complexity: O(R·I·O) multiply-adds for R innermost rows, twice that for backward.
  public func callAsFunction(_ input: Variable, on tape: Tape) throws -> Variable {
    guard input.value.columns == inputSize else {
      throw ComputeError(
        .shapeMismatch, "\(name) takes […, \(inputSize)], was given \(input.shape)")
    }
    let weights = tape.parameters.weight(weight)
    let output = try tape.result(
      Shape(input.shape.dimensions.dropLast() + [outputSize]), of: [input], hasParameters: true)
    try tape.backend.enqueue(
      MatrixProduct(
        input.value, weights, bias: tape.parameters.weight(bias), into: output.value,
        transposeRight: true, activation: activation))
    tape.record(output) { gradient, tape in
      let target = try tape.gradientTarget(input)
      try tape.backend.enqueue(
        LinearBackward(
          activation, input: input.value, weight: weights, output: output.value,
          outputGradient: gradient, weightGradient: tape.parameters.gradient(weight),
          biasGradient: tape.parameters.gradient(bias), inputGradient: target?.tensor,
          accumulateInputGradient: target?.accumulate ?? false))
    }
    return output
  }
}
