import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    // Without training nobody keeps the gates: they live for the time of the operation.
    let gates: Tensor
    if let kept = operation.gates {
      gates = kept
    } else {
      gates = try makeTensor([d.steps, d.batch, width])
    }
    let shape = persistentShape(d)
    let packing = try packing(operation.weights.hidden, shape)
    try project(operation, into: gates, packing)
    let mask = try mask(operation.dropout, d)
    if let shape {
      try forwardPersistent(operation, gates, mask, shape, packing)
    } else {
      try forwardStepwise(operation, gates, mask)
    }
  }

  /// Room for recurrent weights in the order that neighbouring items read them in; nil where they
  /// stay in local memory or the layer goes step by step.
  private func packing(_ weights: Tensor, _ shape: PersistentShape?) throws(ComputeError)
    -> RecurrentPacking?
  {
    guard let shape, !shape.forwardIsLocal else { return nil }
    let depth = PersistentShape.depth(weights.columns)
    return RecurrentPacking(
      weights: weights, packed: try pool.take(4 * depth * weights.columns), depth: depth)
  }

  private func forwardPersistent(
    _ operation: RecurrentForward, _ gates: Tensor, _ mask: DeviceMemory?, _ shape: PersistentShape,
    _ packing: RecurrentPacking?
  ) throws(ComputeError) {
    let d = operation.descriptor
    let depth = PersistentShape.depth(d.hiddenSize)
    try launch(
      KernelName(
        "lstm_persistent", "lstm_persistent_forward",
        Self.persistentOptions(rows: shape.rows, isLocal: shape.forwardIsLocal)),
      groups: [1, (d.batch + shape.groupRows - 1) / shape.groupRows],
      local: [shape.units, shape.lanes],
      [
        .tensor(gates), .bool(operation.gates != nil),
        packing.map { .part($0.packed, 0) } ?? .tensor(operation.weights.hidden),
        .tensor(operation.initial?.hidden), .tensor(operation.initial?.cell), .memory(mask),
        .tensor(operation.lengths), .rows(operation.output), .tensor(operation.final?.hidden),
        .tensor(operation.final?.cell), .tensor(operation.cells), .int(d.steps), .int(d.batch),
        .int(d.hiddenSize), .int(depth), .bool(d.direction == .reverse), .memory(fault),
        .local(8 * shape.groupRows * depth),
        .local(shape.forwardIsLocal ? 16 * depth * d.hiddenSize : 16),
      ])
  }

  private func forwardStepwise(
    _ operation: RecurrentForward, _ gates: Tensor, _ mask: DeviceMemory?
  ) throws(ComputeError) {
    let d = operation.descriptor
    let count = d.batch * d.hiddenSize
    let hidden = try makeTensor([d.batch, d.hiddenSize])
    let cell = try makeTensor([d.batch, d.hiddenSize])
    try launch(
      KernelName("lstm_stepwise", "lstm_step_begin"), count: count,
      [
        .tensor(operation.initial?.hidden), .tensor(operation.initial?.cell), .memory(mask),
        .memory(try memory(hidden)), .memory(try memory(cell)), .tensor(operation.final?.hidden),
        .int(count),
      ])
    for s in 0..<d.steps {
      let t = d.direction == .reverse ? d.steps - 1 - s : s
      if s > 0 || operation.initial != nil {
        try product(
          rows: d.batch, columns: 4 * d.hiddenSize, depth: d.hiddenSize, DeviceMatrix(hidden),
          DeviceMatrix(operation.weights.hidden, transposed: true), into: .rows(gates.step(t)),
          ProductEpilogue(accumulate: true), cutFrom: 512)
      }
      try launch(
        KernelName("lstm_stepwise", "lstm_step_forward"), count: count,
        [
          .tensor(gates), .bool(operation.gates != nil), .memory(try memory(hidden)),
          .memory(try memory(cell)), .memory(mask), .tensor(operation.lengths),
          .rows(operation.output), .tensor(operation.final?.hidden), .tensor(operation.cells),
          .int(t), .int(d.steps), .int(d.batch), .int(d.hiddenSize), .memory(fault),
        ])
    }
    if let final = operation.final { try execute(Copy(cell, to: final.cell)) }
  }
}
