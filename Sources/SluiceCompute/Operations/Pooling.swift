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

/// A block of a sequence's columns, pooled in one way.
public struct PoolPart: Hashable, Sendable {
  /// What makes one vector of the steps.
  public var pooling: Pooling
  /// Of the sequence.
  public var columns: Range<Int>

  /// Each argument is the property of its name.
  public init(_ pooling: Pooling, _ columns: Range<Int>) {
    self.pooling = pooling
    self.columns = columns
  }
}

/// `output[n, j] = pool_t input[t, n, j]` over the steps `t < lengths[n]`, for each part of the columns,
/// in one pass; the parts' results stand side by side.
public struct PoolForward: Operation {
  public static let name = "pooling"

  /// Any columns, each as often as wanted.
  public var parts: [PoolPart]
  /// `[T, N, C]`, any strides.
  public var input: Tensor
  /// `[N]` int32 in `0 ... T`; all T where nil.
  public var lengths: Tensor?
  /// `[N, Σ columns]`, any strides.
  public var output: Tensor
  /// As many int32 as the output has, contiguous: for each part `[N, columns]`, part after part. Where
  /// its pooling is `.max`, the step that won, −1 for a row without steps, is written. Only where
  /// backward follows.
  public var winners: Tensor?
  /// What of the input is dropped before it is pooled; nil: nothing.
  public var dropout: DropoutMask?

  /// Each argument is the property of its name.
  public init(
    _ parts: [PoolPart], _ input: Tensor, lengths: Tensor? = nil, into output: Tensor,
    winners: Tensor? = nil, dropout: DropoutMask? = nil
  ) {
    self.parts = parts
    self.input = input
    self.lengths = lengths
    self.output = output
    self.winners = winners
    self.dropout = dropout
  }

  /// One pooling of all columns.
  public init(
    _ pooling: Pooling, _ input: Tensor, lengths: Tensor? = nil, into output: Tensor,
    winners: Tensor? = nil
  ) {
    self.init(
      [PoolPart(pooling, 0..<input.columns)], input, lengths: lengths, into: output,
      winners: winners)
  }

  public func validate() throws(ComputeError) {
    try Check.pooling(parts, sequence: input, lengths: lengths, pooled: output, winners: winners)
    try dropout?.validate(over: input)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// The gradient of ``PoolForward``.
public struct PoolBackward: Operation {
  public static let name = "pooling gradient"

  /// As given to forward.
  public var parts: [PoolPart]
  /// `[N, Σ columns]`, any strides.
  public var outputGradient: Tensor
  /// As given to forward.
  public var lengths: Tensor?
  /// From forward, where a part is pooled by `.max`.
  public var winners: Tensor?
  /// `[T, N, C]`, any strides; written (zero where nothing flows), or added to when `accumulate`. What
  /// several parts give to an element is added up from the last to the first.
  public var inputGradient: Tensor
  /// Whether the result is added to what is there, instead of replacing it.
  public var accumulate: Bool
  /// As given to forward.
  public var dropout: DropoutMask?

  /// Each argument is the property of its name.
  public init(
    _ parts: [PoolPart], outputGradient: Tensor, lengths: Tensor? = nil, winners: Tensor? = nil,
    inputGradient: Tensor, accumulate: Bool = false, dropout: DropoutMask? = nil
  ) {
    self.parts = parts
    self.outputGradient = outputGradient
    self.lengths = lengths
    self.winners = winners
    self.inputGradient = inputGradient
    self.accumulate = accumulate
    self.dropout = dropout
  }

  /// Of one pooling of all columns.
  public init(
    _ pooling: Pooling, outputGradient: Tensor, lengths: Tensor? = nil, winners: Tensor? = nil,
    inputGradient: Tensor, accumulate: Bool = false
  ) {
    self.init(
      [PoolPart(pooling, 0..<inputGradient.columns)], outputGradient: outputGradient,
      lengths: lengths, winners: winners, inputGradient: inputGradient, accumulate: accumulate)
  }

  public func validate() throws(ComputeError) {
    try Check.pooling(
      parts, sequence: inputGradient, lengths: lengths, pooled: outputGradient, winners: winners)
    try Check.argument(
      winners != nil || !parts.contains { $0.pooling == .max },
      "the gradient of max pooling needs the winners of forward")
    try dropout?.validate(over: inputGradient)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// A part of a pooling with its tensors.
package struct PooledBlock {
  package let pooling: Pooling
  /// `[T, N, columns]`
  package let sequence: Tensor
  /// `[N, columns]`
  package let pooled: Tensor
  /// `[N, columns]` int32, for `.max`.
  package let winners: Tensor?

  /// The parts, in order.
  package static func blocks(
    _ parts: [PoolPart], sequence: Tensor, pooled: Tensor, winners: Tensor?
  ) -> [PooledBlock] {
    var begin = 0
    return parts.map { part in
      let columns = part.columns.count
      defer { begin += columns }
      return PooledBlock(
        pooling: part.pooling, sequence: sequence.columns(part.columns),
        pooled: pooled.columns(begin..<(begin + columns)),
        winners: part.pooling == .max
          ? winners.map {
            Tensor(
              buffer: $0.buffer, offset: $0.offset + begin * pooled.rows,
              shape: [pooled.rows, columns])
          } : nil)
    }
  }
}

extension Check {
  fileprivate static func pooling(
    _ parts: [PoolPart], sequence: Tensor, lengths: Tensor?, pooled: Tensor, winners: Tensor?
  ) throws(ComputeError) {
    try floats([("sequence", sequence), ("pooled", pooled)])
    try indices([("lengths", lengths), ("winners", winners)])
    try that(
      sequence.shape.rank == 3
        && parts.allSatisfy {
          $0.columns.lowerBound >= 0 && $0.columns.upperBound <= sequence.columns
        } && pooled.shape == [sequence.shape[1], parts.reduce(0) { $0 + $1.columns.count }],
      "pooling between \(sequence.shape) and \(pooled.shape)")
    try shape("lengths", lengths, [sequence.shape[1]])
    try shape("winners", winners, pooled.shape)
    try argument(
      winners == nil || parts.contains { $0.pooling == .max }, "only max pooling has winners")
  }
}
