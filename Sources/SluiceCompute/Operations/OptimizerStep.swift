/// A run of the arena whose weights share settings.
public struct ParameterGroup: Hashable, Sendable {
  /// Elements of the arena.
  public var range: Range<Int>
  /// Multiplies the learning rate.
  public var learningRateScale: Float
  /// 0 for none.
  public var weightDecay: Float

  /// Each argument is the property of its name.
  public init(range: Range<Int>, learningRateScale: Float = 1, weightDecay: Float = 0) {
    self.range = range
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
  }
}

/// One optimizer step over the whole arena, with clipping by the global norm fused in.
///
/// Where `squaredNorm` or one of the `losses` is NaN or infinite, `halt` is set to 1; while `halt` is
/// 1 nothing is changed.
/// So the weights stay those before the first bad step until the host looks.
public struct OptimizerStep: Operation {
  public static let name = "optimizer step"

  /// The rule, with its constants.
  public var rule: OptimizerRule
  /// 1 for the first step; for the bias correction.
  public var step: Int
  /// Multiplied by the scale of each group.
  public var learningRate: Float
  /// Gradients are scaled by min(1, clipNorm / (norm + 1e-6)), as PyTorch does. Nil: not clipped.
  public var clipNorm: Float?
  /// Disjoint, ascending; elements outside every group stay as they are.
  public var groups: [ParameterGroup]
  /// All weights, contiguous; updated.
  public var weights: Tensor
  /// As many; not changed.
  public var gradients: Tensor
  /// The rule's state, each as large as the weights; updated. Zero before the first step.
  public var moments: [Tensor]
  /// `[1]` from ``SumOfSquares`` over the gradients.
  public var squaredNorm: Tensor
  /// What ``Loss`` wrote, any number of values side by side: the gradient of an infinite loss may be
  /// finite. Nil: not looked at.
  public var losses: Tensor?
  /// `[1]` int32.
  public var halt: Tensor

  /// Each argument is the property of its name.
  public init(
    _ rule: OptimizerRule, step: Int, learningRate: Float, clipNorm: Float? = nil,
    groups: [ParameterGroup], weights: Tensor, gradients: Tensor, moments: [Tensor],
    squaredNorm: Tensor, losses: Tensor? = nil, halt: Tensor
  ) {
    self.rule = rule
    self.step = step
    self.learningRate = learningRate
    self.clipNorm = clipNorm
    self.groups = groups
    self.weights = weights
    self.gradients = gradients
    self.moments = moments
    self.squaredNorm = squaredNorm
    self.losses = losses
    self.halt = halt
  }

  public func validate() throws(ComputeError) {
    try Check.floats([
      ("weights", weights), ("gradients", gradients), ("squared norm", squaredNorm),
    ])
    try Check.floats(moments.map { ("moment", $0) })
    try Check.indices([("halt", halt)])
    try Check.shape("squared norm", squaredNorm, [1])
    if let losses {
      try Check.floats([("losses", losses)])
      try Check.contiguous("losses", losses)
    }
    try Check.shape("halt", halt, [1])
    for tensor in [weights, gradients] + moments {
      try Check.contiguous("arena", tensor)
      try Check.that(tensor.count == weights.count, "\(tensor.shape) beside \(weights.shape)")
    }
    try Check.argument(
      moments.count == rule.momentCount,
      "\(moments.count) moments for a rule that keeps \(rule.momentCount)")
    try Check.argument(step >= 1, "optimizer step \(step)")
    var end = 0
    for group in groups {
      try Check.argument(
        group.range.lowerBound >= end && group.range.upperBound <= weights.count,
        "parameter group \(group.range) of \(weights.count)")
      end = group.range.upperBound
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
