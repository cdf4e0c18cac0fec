/// What a ``Dropout`` drops, for operations that drop on their way and save a pass over memory.
public struct DropoutMask: Sendable {
  /// In `[0, 1)`.
  public var rate: Float
  /// Where its numbers come from.
  public var stream: RandomStream
  /// After how many elements the mask repeats; a multiple of the columns. Nil: never.
  public var period: Int?

  /// Each argument is the property of its name.
  public init(rate: Float, stream: RandomStream, period: Int? = nil) {
    self.rate = rate
    self.stream = stream
    self.period = period
  }
}

extension Dropout {
  /// Of this mask.
  package init(
    _ mask: DropoutMask, _ input: Tensor, into output: Tensor, accumulate: Bool = false
  ) {
    self.init(
      rate: mask.rate, stream: mask.stream, period: mask.period, input, into: output,
      accumulate: accumulate)
  }
}

extension DropoutMask {
  /// Whether it can lie over the tensor.
  func validate(over tensor: Tensor) throws(ComputeError) {
    try Dropout(self, tensor, into: tensor).validate()
  }
}

// The same in two passes, to the bit where nothing is added to.

extension PoolForward {
  /// Drops, then pools.
  package func inParts(_ mask: DropoutMask, on backend: any Backend) throws(ComputeError) {
    let kept = try backend.makeTensor(input.shape)
    try backend.execute(Dropout(mask, input, into: kept))
    var pooling = self
    pooling.input = kept
    pooling.dropout = nil
    try backend.execute(pooling)
  }
}

extension PoolBackward {
  /// Spreads the gradient, then drops.
  package func inParts(_ mask: DropoutMask, on backend: any Backend) throws(ComputeError) {
    var pooling = self
    pooling.dropout = nil
    pooling.accumulate = false
    if accumulate { pooling.inputGradient = try backend.makeTensor(inputGradient.shape) }
    try backend.execute(pooling)
    try backend.execute(
      Dropout(mask, pooling.inputGradient, into: inputGradient, accumulate: accumulate))
  }
}

extension EmbeddingForward {
  /// Looks up, then drops.
  package func inParts(_ mask: DropoutMask, on backend: any Backend) throws(ComputeError) {
    var lookup = self
    lookup.dropout = nil
    try backend.execute(lookup)
    try backend.execute(Dropout(mask, output, into: output))
  }
}

extension Concatenate {
  /// Copies, then drops.
  package func inParts(_ dropout: Dropped, on backend: any Backend) throws(ComputeError) {
    var copies = self
    copies.dropout = nil
    try backend.execute(copies)
    let block = output.columns(dropout.columns)
    try backend.execute(Dropout(dropout.mask, block, into: block))
  }
}
