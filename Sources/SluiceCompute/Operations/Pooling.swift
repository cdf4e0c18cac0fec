/// How a sequence becomes one vector.
public enum Pooling: String, Hashable, Sendable, CaseIterable {
  /// The largest value of each feature; 0 for a row without steps. Ties: the earliest step.
  case max
  /// The mean over the row's steps; 0 for a row without steps.
  case mean
  /// The row's last step; 0 for a row without steps.
  case last
  /// The row's first step, where a reverse direction ends; 0 for a row without steps.
  case first
}

/// `output[n, j] = pool_t input[t, n, j]` over the steps `t < lengths[n]`.
public struct PoolForward: Operation {
  public static let name = "pooling"

  /// What makes one vector of the steps.
  public var pooling: Pooling
  /// `[T, N, C]`, any strides.
  public var input: Tensor
  /// `[N]` int32 in `0 ... T`; all T where nil.
  public var lengths: Tensor?
  /// `[N, C]`, any strides.
  public var output: Tensor
  /// `[N, C]` int32, contiguous: the step that won, −1 for a row without steps. Only for `.max`,
  /// and then only where backward follows.
  public var winners: Tensor?

  /// Each argument is the property of its name.
  public init(
    _ pooling: Pooling, _ input: Tensor, lengths: Tensor? = nil, into output: Tensor,
    winners: Tensor? = nil
  ) {
    self.pooling = pooling
    self.input = input
    self.lengths = lengths
    self.output = output
    self.winners = winners
  }

  public func validate() throws(ComputeError) {
    try Check.pooling(pooling, sequence: input, lengths: lengths, pooled: output, winners: winners)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// The gradient of ``PoolForward``.
public struct PoolBackward: Operation {
  public static let name = "pooling gradient"

  /// What makes one vector of the steps.
  public var pooling: Pooling
  /// `[N, C]`, any strides.
  public var outputGradient: Tensor
  /// As given to forward.
  public var lengths: Tensor?
  /// From forward, for `.max`.
  public var winners: Tensor?
  /// `[T, N, C]`, any strides; written (zero where nothing flows), or added to when `accumulate`.
  public var inputGradient: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool

  /// Each argument is the property of its name.
  public init(
    _ pooling: Pooling, outputGradient: Tensor, lengths: Tensor? = nil, winners: Tensor? = nil,
    inputGradient: Tensor, accumulate: Bool = false
  ) {
    self.pooling = pooling
    self.outputGradient = outputGradient
    self.lengths = lengths
    self.winners = winners
    self.inputGradient = inputGradient
    self.accumulate = accumulate
  }

  public func validate() throws(ComputeError) {
    try Check.pooling(
      pooling, sequence: inputGradient, lengths: lengths, pooled: outputGradient, winners: winners)
    try Check.argument(
      pooling != .max || winners != nil, "the gradient of max pooling needs the winners of forward")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension Check {
  fileprivate static func pooling(
    _ pooling: Pooling, sequence: Tensor, lengths: Tensor?, pooled: Tensor, winners: Tensor?
  ) throws(ComputeError) {
    try floats([("sequence", sequence), ("pooled", pooled)])
    try indices([("lengths", lengths), ("winners", winners)])
    try that(
      sequence.shape.rank == 3
        && pooled.shape == Shape(Array(sequence.shape.dimensions.dropFirst())),
      "pooling between \(sequence.shape) and \(pooled.shape)")
    try shape("lengths", lengths, [sequence.shape[1]])
    try shape("winners", winners, pooled.shape)
    try argument(winners == nil || pooling == .max, "only max pooling has winners")
  }
}
