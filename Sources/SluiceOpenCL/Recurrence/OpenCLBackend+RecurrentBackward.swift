import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let d = operation.descriptor
    let mask = try mask(operation.dropout, d)
    try recur(operation, try variant(.backward, d), mask: mask)
    try products(operation, mask: mask)
  }

  /// The recurrences in one launch where the weights stay in registers: each direction has groups of its
  /// own.
  public func execute(_ operation: BidirectionalBackward) throws(ComputeError) {
    let (first, second) = (operation.first, operation.second)
    guard case .registers(let tile) = try variant(.backward, first.descriptor) else {
      try execute(first)
      return try execute(second)
    }
    let mask = try mask(first.dropout, first.descriptor)
    let otherMask = try self.mask(second.dropout, second.descriptor)
    try recur(first, tile, mask: mask, beside: (second, otherMask))
    try products(first, mask: mask, beside: (second, otherMask))
  }

  /// What the gates' gradients give: those of the weights and of the input.
  private func products(
    _ operation: RecurrentBackward, mask: Tensor?,
    beside other: (operation: RecurrentBackward, mask: Tensor?)? = nil
  ) throws(ComputeError) {
    try weightGradients(
      operation.weightGradients(mask), beside: other.map { $0.operation.weightGradients($0.mask) })
    for operation in [operation] + (other.map { [$0.operation] } ?? []) {
      if let tokens = operation.tokens {
        try tokenGradients(operation, tokens)
      } else if let gradient = operation.inputGradient {
        try inputGradient(operation, into: gradient, operation.accumulateInputGradient)
      }
    }
  }

  private func inputGradient(
    _ operation: RecurrentBackward, into gradient: Tensor, _ accumulate: Bool
  ) throws(ComputeError) {
    try execute(
      MatrixProduct(
        operation.descriptor.cell.inputShare(of: operation.gates), operation.weights.input,
        into: gradient, accumulate: accumulate))
  }

  /// Enqueues the recurrence alone, with the weights in registers.
  private func recur(
    _ operation: RecurrentBackward, _ tile: RegisterTile, mask: Tensor?,
    beside other: (operation: RecurrentBackward, mask: Tensor?)? = nil
  ) throws(ComputeError) {
    let d = operation.descriptor
    try launch(
      tile.kernel(.backward, d.cell, hidden: d.hiddenSize, isBoth: other != nil),
      groups: [1, (d.batch + tile.rows - 1) / tile.rows, other == nil ? 1 : 2],
      local: [RegisterTile.units(d.hiddenSize), 4, 1],
      operation.arguments(mask) + [
        "T": .int(d.steps), "N": .int(d.batch), "reverse": .bool(d.direction == .reverse),
      ] + (other.map { $0.operation.arguments($0.mask).named("2") } ?? [:]))
  }

  /// Enqueues the recurrence alone: the gates become their gradients.
  func recur(_ operation: RecurrentBackward, _ variant: RecurrentVariant, mask: Tensor?)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let (hidden, batch) = (d.hiddenSize, d.batch)
    let start = operation.arguments(mask)
    let extents: KernelArguments = ["T": .int(d.steps), "N": .int(batch)]
    let reverse: KernelArguments = ["reverse": .bool(d.direction == .reverse)]
    switch variant {
    case .registers(let tile):
      try recur(operation, tile, mask: mask)
    case .looped(let tile):
      try launch(
        KernelName("recurrent_persistent_backward", of: d.cell, tile.options),
        groups: [1, (batch + tile.groupRows - 1) / tile.groupRows],
        local: [RegisterTile.units(hidden), tile.lanes],
        start + extents + ["H": .int(hidden)] + reverse + [
          "state": .local(4 * d.cell.lanes * tile.groupRows * hidden),
          "near": .local(tile.isLocal ? 4 * d.cell.lanes * hidden * hidden : 16),
        ])
    case .stepwise(let tile):
      let isWide =
        hidden % 4 == 0 && operation.gates.offset % 4 == 0
        && operation.weights.hidden.offset % 4 == 0
      let name = KernelName(
        "recurrent_step_backward", of: d.cell,
        tile.options(.backward, isWide: isWide, isMasked: false))
      let carried = try makeTensor([batch, hidden])
      // One more step gives the gradient of the initial state.
      for s in 0..<(operation.initialGradient == nil ? d.steps : d.steps + 1) {
        let t = d.direction == .reverse ? s : d.steps - 1 - s
        try launch(
          name, groups: tile.groups(.backward, d.cell, hidden: hidden, batch: batch),
          local: [tile.items, 1],
          ["carried": .tensor(carried)] + start + ["t": .int(t)] + extents + ["H": .int(hidden)]
            + reverse)
      }
    }
  }
}

extension RecurrentBackward {
  /// Over all steps: what stood before the gates is the input and the hidden state. What tokens give is
  /// added up for each token first.
  fileprivate func weightGradients(_ mask: Tensor?) -> WeightGradients {
    let isDense = tokens == nil
    return WeightGradients(
      gradient: gates, input: isDense ? input : nil,
      state: PrecedingState(
        output: output, inputSize: isDense ? descriptor.inputSize : 0,
        isReverse: descriptor.direction == .reverse, initial: initial?.hidden, lengths: lengths,
        mask: mask, separate: descriptor.cell.separateGateCount * descriptor.hiddenSize),
      inputWeight: weightGradients.input, hiddenWeight: weightGradients.hidden,
      bias: weightGradients.inputBias, secondBias: weightGradients.hiddenBias)
  }

  /// What every kernel takes of it first.
  fileprivate func arguments(_ mask: Tensor?) -> KernelArguments {
    [
      "gates": .tensor(gates), "weights": .tensor(weights.hidden),
      "initial": .tensor(initial?.cell ?? initial?.hidden), "mask": .tensor(mask),
      "lengths": .tensor(lengths), "states": .tensor(cells ?? output),
      "d_output": .tensor(outputGradient),
      "d_final_hidden": .tensor(finalGradient?.hidden),
      "d_final_cell": .tensor(finalGradient?.cell),
      "d_initial_hidden": .tensor(initialGradient?.hidden),
      "d_initial_cell": .tensor(initialGradient?.cell),
    ]
  }
}
