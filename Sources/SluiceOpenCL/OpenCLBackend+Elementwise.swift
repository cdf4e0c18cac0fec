import SluiceCompute

extension Activation {
  /// As common.clh numbers them.
  var code: Int {
    switch self {
    case .identity: 0
    case .sigmoid: 1
    case .tanh: 2
    case .relu: 3
    }
  }
}

extension OpenCLBackend {
  public func execute(_ operation: Fill) throws(ComputeError) {
    var bits = operation.value.bitPattern
    if operation.output.elementType == .int32 {
      guard let whole = Int32(exactly: operation.value.rounded(.towardZero)) else {
        throw ComputeError(.invalidArgument, "\(operation.value) does not fit an int32")
      }
      bits = UInt32(bitPattern: whole)
    }
    let output = operation.output
    try launch(
      "fill", count: output.count,
      [
        "output": .tensor(output), "columns": .int(output.columns), "count": .int(output.count),
        "bits": .uint(bits),
      ])
  }

  public func execute(_ operation: Copy) throws(ComputeError) {
    let output = operation.output
    try launch(
      "copy", count: output.count,
      [
        "input": .tensor(operation.input), "input_rows": .int(operation.input.rows),
        "output": .tensor(output), "columns": .int(output.columns), "count": .int(output.count),
        "accumulate": .bool(operation.accumulate),
      ])
  }

  public func execute(_ operation: LinearCombination) throws(ComputeError) {
    try launch(
      "linear_combination", count: operation.output.count,
      [
        "input": .tensor(operation.input), "input_scale": .float(operation.inputScale),
        "output": .tensor(operation.output), "output_scale": .float(operation.outputScale),
        "count": .int(operation.output.count),
      ])
  }

  public func execute(_ operation: ActivationForward) throws(ComputeError) {
    let output = operation.output
    try launch(
      "activation_forward", count: output.count,
      [
        "activation": .int(operation.activation.code), "input": .tensor(operation.input),
        "output": .tensor(output), "columns": .int(output.columns), "count": .int(output.count),
      ])
  }

  public func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let output = operation.output
    try launch(
      "activation_backward", count: output.count,
      [
        "activation": .int(operation.activation.code), "output": .tensor(output),
        "d_output": .tensor(operation.outputGradient), "d_input": .tensor(operation.inputGradient),
        "columns": .int(output.columns), "count": .int(output.count),
        "accumulate": .bool(operation.accumulate),
      ])
  }

  public func execute(_ operation: Dropout) throws(ComputeError) {
    let output = operation.output
    try launch(
      "dropout", count: (output.count + 3) / 4,
      [
        "input": .tensor(operation.input), "output": .tensor(output),
        "columns": .int(output.columns), "count": .int(output.count),
        "period": .int(operation.period ?? max(1, output.count)),
        "threshold": .uint(Dropout.threshold(rate: operation.rate)),
        "scale": .float(1 / (1 - operation.rate)),
      ] + streamArguments(operation.stream) + ["accumulate": .bool(operation.accumulate)])
  }

  /// A mask as kernels take it that drop on their way.
  ///
  /// - Parameter count: elements that it lies over.
  func dropArguments(_ mask: DropoutMask?, over count: Int) -> KernelArguments {
    [
      "period": .int(mask.map { $0.period ?? max(1, count) } ?? 0),
      "threshold": .uint(mask.map { Dropout.threshold(rate: $0.rate) } ?? 0),
      "kept_scale": .float(mask.map { 1 / (1 - $0.rate) } ?? 1),
    ] + streamArguments(mask?.stream ?? RandomStream(seed: 0, stream: 0))
  }

  /// The key, and the upper words of the counter.
  func streamArguments(_ stream: RandomStream) -> KernelArguments {
    [
      "key": .uint2(
        UInt32(truncatingIfNeeded: stream.seed), UInt32(truncatingIfNeeded: stream.seed >> 32)),
      "step": .uint(stream.step), "stream": .uint(stream.stream),
    ]
  }

  /// The scaled mask `[N, H]` of the recurrent dropout; nil without one.
  func mask(_ dropout: RecurrentDropout?, _ d: RecurrentDescriptor) throws(ComputeError) -> Tensor?
  {
    guard let dropout else { return nil }
    let mask = try makeTensor([d.batch, d.hiddenSize])
    try execute(Fill(mask, with: 1))
    try execute(Dropout(rate: dropout.rate, stream: dropout.stream, mask, into: mask))
    return mask
  }
}
