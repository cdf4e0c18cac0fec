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
      KernelName("elementwise", "fill"), count: output.count,
      [.rows(output), .int(output.columns), .int(output.count), .word(bits)])
  }

  public func execute(_ operation: Copy) throws(ComputeError) {
    let output = operation.output
    try launch(
      KernelName("elementwise", "copy"), count: output.count,
      [
        .rows(operation.input), .int(operation.input.rows), .rows(output), .int(output.columns),
        .int(output.count), .bool(operation.accumulate),
      ])
  }

  public func execute(_ operation: LinearCombination) throws(ComputeError) {
    try launch(
      KernelName("elementwise", "linear_combination"), count: operation.output.count,
      [
        .tensor(operation.input), .float(operation.inputScale), .tensor(operation.output),
        .float(operation.outputScale), .int(operation.output.count),
      ])
  }

  public func execute(_ operation: ActivationForward) throws(ComputeError) {
    let output = operation.output
    try launch(
      KernelName("elementwise", "activation_forward"), count: output.count,
      [
        .int(operation.activation.code), .rows(operation.input), .rows(output),
        .int(output.columns), .int(output.count),
      ])
  }

  public func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let output = operation.output
    try launch(
      KernelName("elementwise", "activation_backward"), count: output.count,
      [
        .int(operation.activation.code), .rows(output), .rows(operation.outputGradient),
        .rows(operation.inputGradient), .int(output.columns), .int(output.count),
        .bool(operation.accumulate),
      ])
  }

  public func execute(_ operation: Dropout) throws(ComputeError) {
    let output = operation.output
    try launch(
      KernelName("elementwise", "dropout"), count: (output.count + 3) / 4,
      [
        .rows(operation.input), .rows(output), .int(output.columns), .int(output.count),
        .int(operation.period ?? max(1, output.count)),
      ] + dropoutArguments(operation.rate, operation.stream) + [.bool(operation.accumulate)])
  }

  private func dropoutArguments(_ rate: Float, _ stream: RandomStream) -> [KernelArgument] {
    [.word(Dropout.threshold(rate: rate)), .float(1 / (1 - rate))] + streamArguments(stream)
  }

  /// The key, and the upper words of the counter.
  func streamArguments(_ stream: RandomStream) -> [KernelArgument] {
    [
      .words(
        UInt32(truncatingIfNeeded: stream.seed), UInt32(truncatingIfNeeded: stream.seed >> 32)),
      .word(stream.step), .word(stream.stream),
    ]
  }

  /// The scaled mask `[N, H]` of the recurrent dropout; nil without one.
  func mask(_ dropout: RecurrentDropout?, _ d: RecurrentDescriptor) throws(ComputeError)
    -> DeviceMemory?
  {
    guard let dropout else { return nil }
    let count = d.batch * d.hiddenSize
    let mask = try pool.take(count)
    try launch(
      KernelName("elementwise", "fill"), count: count,
      [.part(mask, 0), .int(count), .int(count), .int(count), .word(Float(1).bitPattern)])
    try launch(
      KernelName("elementwise", "dropout"), count: (count + 3) / 4,
      [
        .part(mask, 0), .int(count), .part(mask, 0), .int(count), .int(count), .int(count),
        .int(count),
      ] + dropoutArguments(dropout.rate, dropout.stream) + [.bool(false)])
    return mask
  }
}
