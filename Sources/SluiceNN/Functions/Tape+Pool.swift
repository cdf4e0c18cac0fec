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
    try pool(input, [PoolPart(pooling, 0..<input.value.columns)], lengths: lengths)
  }

  /// Pools blocks of columns, each in its own way, side by side: `[T, N, C]` to `[N, Σ columns]`. One pass
  /// over the device, forward and backward, however many there are.
  ///
  /// - Parameters:
  ///   - parts: Any columns, each as often as wanted.
  ///   - lengths: As for one pooling.
  ///   - rate: Of ``variationalDropout(_:rate:)``, which the input goes through first.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.outOfMemory`.
  public func pool(
    _ input: Variable, _ parts: [PoolPart], lengths: Tensor? = nil, dropping rate: Float = 0
  ) throws -> Variable {
    guard input.shape.rank == 3 else {
      throw ComputeError(
        .shapeMismatch, "pooling takes [T, N, C], was given \(input.shape)")
    }
    let (steps, batch) = (input.shape[0], input.shape[1])
    let whole = PoolPart(.last, 0..<input.value.columns)
    let mask = dropoutMask(rate: rate, period: batch * input.value.columns)
    if mask == nil, lengths == nil, steps > 0, parts == [whole], input.value.isContiguous {
      return try lastStep(of: input)
    }
    let output = try result([batch, parts.reduce(0) { $0 + $1.columns.count }], of: [input])
    let winners =
      parts.contains { $0.pooling == .max } && output.needsGradient
      ? try backend.makeTensor(output.shape, .int32) : nil
    try backend.enqueue(
      PoolForward(
        parts, input.value, lengths: lengths, into: output.value, winners: winners, dropout: mask))
    record(output) { gradient, tape in
      guard let target = try tape.gradientTarget(input) else { return }
      try tape.backend.enqueue(
        PoolBackward(
          parts, outputGradient: gradient, lengths: lengths, winners: winners,
          inputGradient: target.tensor, accumulate: target.accumulate, dropout: mask))
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

extension Recurrent {
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
    return try tape.pool(sequence, finalParts, lengths: lengths)
  }

  /// What ``finalOutputs(of:lengths:on:)`` takes of the sequence, to be pooled beside other parts.
  public var finalParts: [PoolPart] {
    let forward = PoolPart(.last, 0..<hiddenSize)
    return isBidirectional ? [forward, PoolPart(.first, hiddenSize..<outputSize)] : [forward]
  }
}
