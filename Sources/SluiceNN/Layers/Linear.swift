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
    try tape.linear([self], input)
  }
}

extension Tape {
  /// What several linear layers make of one input, side by side: `[…, ΣO]`. Nothing is copied.
  ///
  /// - Parameter input: `[…, I]`, any strides; I is that of every layer.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  public func linear(_ layers: [Linear], _ input: Variable) throws -> Variable {
    for layer in layers where input.value.columns != layer.inputSize {
      throw ComputeError(
        .shapeMismatch, "\(layer.name) takes […, \(layer.inputSize)], was given \(input.shape)")
    }
    let output = try result(
      Shape(input.shape.dimensions.dropLast() + [layers.reduce(0) { $0 + $1.outputSize }]),
      of: [input], hasParameters: true)
    var end = 0
    let blocks = layers.map { layer in
      defer { end += layer.outputSize }
      return (layer: layer, columns: end..<(end + layer.outputSize))
    }
    for (layer, columns) in blocks {
      try backend.enqueue(
        MatrixProduct(
          input.value, parameters.weight(layer.weight), bias: parameters.weight(layer.bias),
          into: output.value.columns(columns), transposeRight: true, activation: layer.activation))
    }
    record(output) { gradient, tape in
      for (layer, columns) in blocks.reversed() {
        let target = try tape.gradientTarget(input)
        try tape.backend.enqueue(
          LinearBackward(
            layer.activation, input: input.value, weight: tape.parameters.weight(layer.weight),
            output: output.value.columns(columns), outputGradient: gradient.columns(columns),
            weightGradient: tape.parameters.gradient(layer.weight),
            biasGradient: tape.parameters.gradient(layer.bias), inputGradient: target?.tensor,
            accumulateInputGradient: target?.accumulate ?? false))
      }
    }
    return output
  }
}
