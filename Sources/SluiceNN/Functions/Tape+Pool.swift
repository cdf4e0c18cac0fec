import SluiceCompute

extension Tape {
  /// Makes one vector of each sequence: `[T, N, C]` to `[N, C]`.
  ///
  /// Without lengths, `.last` may share its memory with the input.
  ///
  /// - Parameter lengths: `[N]` int32 in `0 ... T`; steps past a row's length do not count.
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.outOfMemory`.
  public func pool(_ input: Variable, _ pooling: Pooling, lengths: Tensor? = nil) throws
    -> Variable
  {
    try pool(input, [(pooling, 0..<input.value.columns)], lengths: lengths)
  }

  /// Pools blocks of columns, each in its own way, side by side: `[T, N, C]` to `[N, Σ columns]`.
  func pool(
    _ input: Variable, _ parts: [(pooling: Pooling, columns: Range<Int>)], lengths: Tensor?
  ) throws -> Variable {
    guard input.shape.rank == 3 else {
      throw ComputeError(.shapeMismatch, "pooling takes [T, N, C], was given \(input.shape)")
    }
    let (steps, batch) = (input.shape[0], input.shape[1])
    let whole = (Pooling.last, 0..<input.value.columns)
    if lengths == nil, steps > 0, parts.count == 1, parts[0] == whole, input.value.isContiguous {
      return try lastStep(of: input)
    }
    let output = try result([batch, parts.reduce(0) { $0 + $1.columns.count }], of: [input])
    var pooled: [PooledBlock] = []
    var end = 0
    for (pooling, columns) in parts {
      let winners =
        pooling == .max && output.needsGradient
        ? try backend.makeTensor([batch, columns.count], .int32) : nil
      let block = PooledBlock(
        pooling: pooling, input: columns, output: end..<(end + columns.count), winners: winners)
      try backend.enqueue(
        PoolForward(
          pooling, input.value.columns(columns), lengths: lengths,
          into: output.value.columns(block.output), winners: winners))
      pooled.append(block)
      end = block.output.upperBound
    }
    record(output) { [pooled] gradient, tape in
      guard let target = try tape.gradientTarget(input) else { return }
      // The first block may write what is not there yet, if it covers every column.
      var accumulate = target.accumulate
      if !accumulate, pooled.first?.input.count != input.value.columns {
        try tape.backend.enqueue(Fill(target.tensor, with: 0))
        accumulate = true
      }
      for block in pooled {
        try tape.backend.enqueue(
          PoolBackward(
            block.pooling, outputGradient: gradient.columns(block.output), lengths: lengths,
            winners: block.winners, inputGradient: target.tensor.columns(block.input),
            accumulate: accumulate))
        accumulate = true
      }
    }
    return output
  }

  /// The last step of every sequence, without a copy.
  private func lastStep(of input: Variable) throws -> Variable {
    let output = Variable(
      input.value.step(input.shape[0] - 1), needsGradient: input.needsGradient)
    record(output) { gradient, tape in
      guard let target = try tape.gradientTarget(input) else { return }
      try tape.backend.enqueue(
        PoolBackward(
          .last, outputGradient: gradient, inputGradient: target.tensor,
          accumulate: target.accumulate))
    }
    return output
  }
}

/// A block of columns on its way through a pooling.
private struct PooledBlock {
  let pooling: Pooling
  /// Columns of the input.
  let input: Range<Int>
  /// Columns of the output.
  let output: Range<Int>
  let winners: Tensor?
}

extension LSTM {
  /// What each direction gave at the last step that it read: `[N, D·H]`, the forward direction's
  /// output at the row's last step, then the reverse one's at its first.
  ///
  /// Equal to the hidden states of the last layer, but taken from the sequence, and so behind what
  /// was done to that: the same units are dropped as at every other step.
  ///
  /// - Parameters:
  ///   - sequence: `[T, N, D·H]`: the layer's ``Output/sequence``, perhaps through dropout.
  ///   - lengths: As given to the layer; zero for a row without steps.
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.outOfMemory`.
  public func finalOutputs(of sequence: Variable, lengths: Tensor? = nil, on tape: Tape) throws
    -> Variable
  {
    guard sequence.value.columns == outputSize else {
      throw ComputeError(
        .shapeMismatch, "\(name) gives [T, N, \(outputSize)], was given \(sequence.shape) back")
    }
    var parts = [(Pooling.last, 0..<hiddenSize)]
    if isBidirectional { parts.append((.first, hiddenSize..<outputSize)) }
    return try tape.pool(sequence, parts, lengths: lengths)
  }
}
