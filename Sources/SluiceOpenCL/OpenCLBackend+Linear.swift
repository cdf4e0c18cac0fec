import SluiceCompute

extension OpenCLBackend {
  /// One launch where all is small, as at the end of a network; else the products. What is done depends
  /// on the extents alone.
  public func execute(_ operation: LinearBackward) throws(ComputeError) {
    let rows = operation.input.rows
    let (inputs, outputs) = (operation.input.columns, operation.outputGradient.columns)
    guard rows > 0, outputs > 0 else { return }
    if rows <= 256, outputs <= 16 {
      let inputCount = operation.inputGradient == nil ? 0 : rows * inputs
      return try launch(
        "linear_backward", count: outputs * (inputs + 1) + inputCount,
        [
          "activation": .int(operation.activation.code), "input": .tensor(operation.input),
          "weight": .tensor(operation.weight), "output": .tensor(operation.output),
          "d_output": .tensor(operation.outputGradient),
          "d_weight": .tensor(operation.weightGradient),
          "d_bias": .tensor(operation.biasGradient), "d_input": .tensor(operation.inputGradient),
          "rows": .int(rows), "I": .int(inputs), "O": .int(outputs),
          "accumulate": .bool(operation.accumulateInputGradient),
        ])
    }
    if operation.activation != .identity {
      try execute(
        ActivationBackward(
          operation.activation, output: operation.output,
          outputGradient: operation.outputGradient, inputGradient: operation.outputGradient))
    }
    try weightGradients(
      WeightGradients(
        gradient: operation.outputGradient, input: operation.input,
        inputWeight: operation.weightGradient, bias: operation.biasGradient))
    guard let inputGradient = operation.inputGradient else { return }
    try execute(
      MatrixProduct(
        operation.outputGradient, operation.weight, into: inputGradient,
        accumulate: operation.accumulateInputGradient))
  }
}
