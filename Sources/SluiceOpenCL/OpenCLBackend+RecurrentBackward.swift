import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let d = operation.descriptor
    let mask = try mask(operation.dropout, d)
    if let shape = persistentShape(d) {
      try backwardPersistent(operation, mask, shape)
    } else {
      try backwardStepwise(operation, mask)
    }
    guard let tokens = operation.tokens else {
      try weightGradients(operation, mask)
      if let gradient = operation.inputGradient {
        try inputGradient(operation, into: gradient, operation.accumulateInputGradient)
      }
      return
    }
    try weightGradients(operation, mask, withInput: false)
    try tokenGradients(operation, tokens)
  }

  private func inputGradient(
    _ operation: RecurrentBackward, into gradient: Tensor, _ accumulate: Bool
  ) throws(ComputeError) {
    let d = operation.descriptor
    try product(
      rows: d.steps * d.batch, columns: d.inputSize, depth: 4 * d.hiddenSize,
      DeviceMatrix(operation.gates), DeviceMatrix(operation.weights.input), into: .rows(gradient),
      ProductEpilogue(accumulate: accumulate))
  }

  private func backwardPersistent(
    _ operation: RecurrentBackward, _ mask: DeviceMemory?, _ shape: PersistentShape
  ) throws(ComputeError) {
    let d = operation.descriptor
    try launch(
      KernelName(
        "lstm_persistent", "lstm_persistent_backward",
        Self.persistentOptions(rows: shape.rows, isLocal: shape.backwardIsLocal)),
      groups: [1, (d.batch + shape.groupRows - 1) / shape.groupRows],
      local: [shape.units, shape.lanes],
      [
        .tensor(operation.gates), .tensor(operation.weights.hidden),
        .tensor(operation.initial?.cell),
        .memory(mask), .tensor(operation.lengths), .tensor(operation.cells),
        .rows(operation.outputGradient), .tensor(operation.finalGradient?.hidden),
        .tensor(operation.finalGradient?.cell), .tensor(operation.initialGradient?.hidden),
        .tensor(operation.initialGradient?.cell), .int(d.steps), .int(d.batch),
        .int(d.hiddenSize), .bool(d.direction == .reverse), .memory(fault),
        .local(16 * shape.groupRows * d.hiddenSize),
        .local(shape.backwardIsLocal ? 16 * d.hiddenSize * d.hiddenSize : 16),
      ])
  }

  private func backwardStepwise(_ operation: RecurrentBackward, _ mask: DeviceMemory?)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let count = d.batch * d.hiddenSize
    let hidden = try gradientState(operation.finalGradient?.hidden, d)
    let cell = try gradientState(operation.finalGradient?.cell, d)
    for s in 0..<d.steps {
      let t = d.direction == .reverse ? s : d.steps - 1 - s
      try launch(
        KernelName("lstm_stepwise", "lstm_step_backward"), count: count,
        [
          .tensor(operation.gates), .memory(try memory(hidden)), .memory(try memory(cell)),
          .tensor(operation.initial?.cell), .tensor(operation.lengths), .tensor(operation.cells),
          .rows(operation.outputGradient), .int(t), .int(d.steps), .int(d.batch),
          .int(d.hiddenSize), .bool(d.direction == .reverse), .memory(fault),
        ])
      guard s < d.steps - 1 || operation.initialGradient != nil else { continue }
      try product(
        rows: d.batch, columns: d.hiddenSize, depth: 4 * d.hiddenSize,
        DeviceMatrix(operation.gates.step(t)), DeviceMatrix(operation.weights.hidden),
        into: .rows(hidden), ProductEpilogue(accumulate: true), cutFrom: 512)
      guard let mask else { continue }
      try launch(
        KernelName("lstm_stepwise", "lstm_step_mask"), count: count,
        [
          .memory(try memory(hidden)), .memory(mask), .tensor(operation.lengths), .int(t),
          .int(d.steps), .int(d.batch), .int(d.hiddenSize), .memory(fault),
        ])
    }
    guard let gradient = operation.initialGradient else { return }
    try execute(Copy(hidden, to: gradient.hidden))
    try execute(Copy(cell, to: gradient.cell))
  }

  /// A copy of the final state's gradient; zero where there is none.
  private func gradientState(_ given: Tensor?, _ d: RecurrentDescriptor) throws(ComputeError)
    -> Tensor
  {
    let state = try makeTensor([d.batch, d.hiddenSize])
    if let given {
      try execute(Copy(given, to: state))
    } else {
      try execute(Fill(state, with: 0))
    }
    return state
  }

  /// All weight gradients as one product over all steps: the gates' gradients times what stood
  /// before the gates, which is the input (if wanted), the hidden state and the biases' 1.
  private func weightGradients(
    _ operation: RecurrentBackward, _ mask: DeviceMemory?, withInput: Bool = true
  ) throws(ComputeError) {
    let d = operation.descriptor
    let input = withInput ? operation.input : nil
    let tokens = withInput ? operation.tokens : nil
    let inputSize = withInput ? d.inputSize : 0
    let width = inputSize + d.hiddenSize + 1
    let rowCount = d.steps * d.batch
    let tile = ProductTile(4 * d.hiddenSize, width)
    // The parts are joined by a launch in any case.
    let cut = ProductCut(4 * d.hiddenSize, width, depth: rowCount, tile, from: 512)
    let partials = try pool.take(cut.parts * 4 * d.hiddenSize * width)
    try launch(
      productKernel(tile, transposeLeft: true, isRecurrent: true),
      groups: tile.groups(4 * d.hiddenSize, width) + [cut.parts], local: tile.local,
      [
        .rows(operation.gates), .rows(input), .rows(nil), .tensor(nil), .tensor(nil),
        .memory(partials), .int(4 * d.hiddenSize), .int(width), .int(rowCount),
        .int(cut.partDepth), .float(1), .bool(false), .int(Activation.identity.code),
        .tensor(tokens?.indices), .int(d.vocabulary ?? 0), .int(Int(tokens?.ignoring ?? -1)),
        .rows(operation.output), .tensor(operation.initial?.hidden), .tensor(operation.lengths),
        .memory(mask), .int(d.batch), .int(inputSize), .bool(d.direction == .reverse),
      ])
    let gradients = operation.weightGradients
    try launch(
      productKernel(tile, transposeLeft: true, isRecurrent: true, "recurrent_gradients_join"),
      count: 4 * d.hiddenSize * width,
      [
        .memory(partials), .int(cut.parts), .tensor(gradients.input), .tensor(gradients.hidden),
        .tensor(gradients.inputBias), .tensor(gradients.hiddenBias), .int(inputSize),
        .int(d.hiddenSize),
      ])
  }
}
