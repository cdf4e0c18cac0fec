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
    try weightGradients(operation, mask)
    guard let gradient = operation.inputGradient else { return }
    try product(
      rows: d.steps * d.batch, columns: d.inputSize, depth: 4 * d.hiddenSize,
      DeviceMatrix(operation.gates), DeviceMatrix(operation.weights.input), into: .rows(gradient),
      ProductEpilogue(accumulate: operation.accumulateInputGradient))
  }

  private func backwardPersistent(
    _ operation: RecurrentBackward, _ mask: DeviceMemory?, _ shape: PersistentShape
  ) throws(ComputeError) {
    let d = operation.descriptor
    let weights = try packed(
      operation.weights.hidden, hidden: d.hiddenSize, depth: d.hiddenSize, swapped: true)
    try launch(
      KernelName(
        "lstm_persistent", "lstm_persistent_backward",
        Self.persistentOptions(rows: shape.rows, isLocal: shape.backwardIsLocal)),
      groups: [1, (d.batch + shape.groupRows - 1) / shape.groupRows],
      local: [shape.units, shape.lanes],
      [
        .tensor(operation.gates), .memory(weights), .tensor(operation.initial?.cell),
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
        into: .rows(hidden), ProductEpilogue(accumulate: true))
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

  /// One product over all steps for each weight matrix, one column sum for the biases.
  private func weightGradients(_ operation: RecurrentBackward, _ mask: DeviceMemory?)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    let rowCount = d.steps * d.batch
    let gates = operation.gates.reshaped([rowCount, width])
    let gradients = operation.weightGradients
    try columnSum(
      .rows(gates), rows: rowCount, columns: width, into: gradients.inputBias,
      gradients.hiddenBias, accumulate: true)
    let added = ProductEpilogue(accumulate: true)
    try product(
      rows: width, columns: d.inputSize, depth: rowCount, DeviceMatrix(gates, transposed: true),
      DeviceMatrix(operation.input), into: .rows(gradients.input), added,
      rule: operation.lengths.map { RowRule(batch: d.batch, lengths: $0) })

    // The state that a step came from is the output one step before it in the direction of reading.
    let rule = mask.map { RowRule(batch: d.batch, mask: $0) }
    let isReverse = d.direction == .reverse
    if d.steps > 1 {
      let shape = Shape([rowCount - d.batch, width])
      let later = Tensor(
        buffer: gates.buffer, offset: gates.offset + (isReverse ? 0 : d.batch * width),
        shape: shape)
      let output = operation.output
      let earlier = Tensor(
        buffer: output.buffer,
        offset: output.offset + (isReverse ? d.batch * output.rowStride : 0),
        shape: [rowCount - d.batch, d.hiddenSize], rowStride: output.rowStride)
      try product(
        rows: width, columns: d.hiddenSize, depth: rowCount - d.batch,
        DeviceMatrix(later, transposed: true), DeviceMatrix(earlier),
        into: .rows(gradients.hidden), added, rule: rule)
    }
    guard let initial = operation.initial?.hidden else { return }
    try product(
      rows: width, columns: d.hiddenSize, depth: d.batch,
      DeviceMatrix(try starts(operation), transposed: true), DeviceMatrix(initial),
      into: .rows(gradients.hidden), added, rule: rule)
  }

  /// The gates' gradients at each row's first step in the direction of reading: `[N, 4H]`.
  private func starts(_ operation: RecurrentBackward) throws(ComputeError) -> Tensor {
    let d = operation.descriptor
    guard d.direction == .reverse else { return operation.gates.step(0) }
    guard let lengths = operation.lengths else { return operation.gates.step(d.steps - 1) }
    let starts = try makeTensor([d.batch, 4 * d.hiddenSize])
    try launch(
      KernelName("lstm_stepwise", "lstm_reverse_starts"), count: starts.count,
      [
        .tensor(operation.gates), .tensor(lengths), .memory(try memory(starts)), .int(d.steps),
        .int(d.batch), .int(4 * d.hiddenSize), .memory(fault),
      ])
    return starts
  }
}
