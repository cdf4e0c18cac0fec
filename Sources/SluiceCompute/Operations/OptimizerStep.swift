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

/// A running average of weights: an optimizer step leaves in it `kept · average + taken · weights`.
public struct StepAverage {
  /// As many as the weights, contiguous; updated.
  public var weights: Tensor
  /// The factor of what is there.
  public var kept: Float
  /// The factor of the weights after the step.
  public var taken: Float

  /// Each argument is the property of its name.
  public init(_ weights: Tensor, kept: Float, taken: Float) {
    self.weights = weights
    self.kept = kept
    self.taken = taken
  }
}

/// One optimizer step over the whole arena, with the global norm, clipping by it and an average of the
/// weights fused in.
///
/// Where `squaredNorm` or one of the `losses` is NaN or infinite, `halt` is set to 1; while `halt` is
/// 1 no weight and no moment is changed.
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
  /// `[1]`: of the gradients, as by ``SumOfSquares``.
  public var squaredNorm: Tensor
  /// Whether the step measures the norm itself and writes it; else it is read.
  public var measuresNorm: Bool
  /// Nil: none is kept.
  public var average: StepAverage?
  /// What ``Loss`` wrote, any number of values side by side: the gradient of an infinite loss may be
  /// finite. Nil: not looked at.
  public var losses: Tensor?
  /// `[1]` int32.
  public var halt: Tensor

  /// Each argument is the property of its name.
  public init(
    _ rule: OptimizerRule, step: Int, learningRate: Float, clipNorm: Float? = nil,
    groups: [ParameterGroup], weights: Tensor, gradients: Tensor, moments: [Tensor],
    squaredNorm: Tensor, measuresNorm: Bool = false, average: StepAverage? = nil,
    losses: Tensor? = nil, halt: Tensor
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
    self.measuresNorm = measuresNorm
    self.average = average
    self.losses = losses
    self.halt = halt
  }

  public func validate() throws(ComputeError) {
    try Check.floats([
      ("weights", weights), ("gradients", gradients), ("squared norm", squaredNorm),
    ])
    try Check.floats(moments.map { ("moment", $0) } + [("average", average?.weights)])
    try Check.indices([("halt", halt)])
    try Check.shape("squared norm", squaredNorm, [1])
    if let losses {
      try Check.floats([("losses", losses)])
      try Check.contiguous("losses", losses)
    }
    try Check.shape("halt", halt, [1])
    for tensor in [weights, gradients] + moments + (average.map { [$0.weights] } ?? []) {
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
