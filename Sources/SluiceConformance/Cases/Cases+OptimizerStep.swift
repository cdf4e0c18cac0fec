import SluiceCompute

extension Conformance {
  /// Every algorithm, with its defaults where nothing else is asked for here.
  static let optimizerRules: [OptimizerRule] =
    chosenRules
    + OptimizerRule.Algorithm.allCases.filter { algorithm in
      !chosenRules.contains { $0.algorithm == algorithm }
    }.map { OptimizerRule($0) }

  private static let chosenRules: [OptimizerRule] = [
    .sgd(momentum: 0, nesterov: false), .sgd(momentum: 0.9, nesterov: false),
    .sgd(momentum: 0.9, nesterov: true), .rmsprop(decay: 0.99, epsilon: 1e-6),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
  ]

  static let optimizerStepCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for rule in optimizerRules {
      for count in [1, 7, 16, 65, 1003, 4099] {
        for step in [1, 2, 1000] {
          for clipNorm in [nil, Float(0.5), 1e6] {
            let name =
              "\(rule) [\(count)] step \(step)" + (clipNorm.map { ", clipped at \($0)" } ?? "")
            cases.append(
              ConformanceCase(OptimizerStep.name, name, tolerance: 1e-6) { w in
                try optimizerStep(w, rule, count: count, step: step, clipNorm: clipNorm)
              })
          }
        }
      }
      for norm in [Float.nan, .infinity] {
        cases.append(
          ConformanceCase(OptimizerStep.name, "\(rule) halts at norm \(norm)", tolerance: 0) { w in
            try haltedStep(w, rule, norm: norm, halt: 0)
          })
      }
      for losses in [[Float.nan, 1], [2, 3, 4, .infinity], [-.infinity, 1]] {
        cases.append(
          ConformanceCase(OptimizerStep.name, "\(rule) halts at losses \(losses)", tolerance: 0) {
            w in try haltedStep(w, rule, norm: 1, losses: losses, halt: 0)
          })
      }
      cases.append(
        ConformanceCase(OptimizerStep.name, "\(rule) leaves zeros at zero", tolerance: 1e-6) { w in
          try stepOverZeros(w, rule)
        })
      cases.append(
        ConformanceCase(OptimizerStep.name, "\(rule) stays halted", tolerance: 0) { w in
          try haltedStep(w, rule, norm: 1, halt: 1)
        })
    }
    return cases
  }()

  /// Three groups with settings of their own and gaps between, or one for small arenas.
  private static func groups(_ count: Int) -> [ParameterGroup] {
    guard count > 10 else { return [ParameterGroup(range: 0..<count, weightDecay: 0.1)] }
    let (third, last) = (count / 3, count - 2)
    return [
      ParameterGroup(range: 1..<third),
      ParameterGroup(range: third..<third + 2, learningRateScale: 0.5, weightDecay: 0.01),
      ParameterGroup(range: third + 3..<last, learningRateScale: 2, weightDecay: 0.1),
    ]
  }

  private static func optimizerStep(
    _ w: Workspace, _ rule: OptimizerRule, count: Int, step: Int, clipNorm: Float?
  ) throws {
    // A rate of 1 makes the change as large as the weights, so that its errors show.
    let learningRate: Float = 1
    let weights = w.draw(count)
    // In the first step a rule that divides by √g² magnifies the rounding of gradient + decay ·
    // weight wherever the two cancel; so there they have one sign.
    let gradients = zip(w.draw(count, scale: 2), weights).map { gradient, weight in
      step == 1 && gradient * weight < 0 ? -gradient : gradient
    }
    // A first moment may have either sign; a mean of squares may not.
    let moments = rule.moments.map { moment in
      let values = step == 1 ? Array(repeating: 0, count: count) : w.draw(count)
      return moment == .meanOfSquares ? values.map { $0 * $0 + (step == 1 ? 0 : 0.01) } : values
    }
    let squaredNorm = Float(gradients.reduce(0.0) { $0 + Double($1) * Double($1) })
    // The second step measures the norm itself and averages the weights.
    let isWhole = step == 2
    let average = isWhole ? try w.output([count], .shifted, holding: w.draw(count)) : nil
    let norm =
      isWhole
      ? try w.output([1], .shifted) : try w.input([squaredNorm], [1], .shifted)
    let weightTensor = try w.output([count], .shifted, holding: weights)
    let momentTensors = try moments.map { try w.output([count], .shifted, holding: $0) }
    let halt = try w.output([1], .shifted, holding: Int32(0))
    try w.enqueue(
      OptimizerStep(
        rule, step: step, learningRate: learningRate, clipNorm: clipNorm, groups: groups(count),
        weights: weightTensor, gradients: try w.input(gradients, [count], .shifted),
        moments: momentTensors, squaredNorm: norm, measuresNorm: isWhole,
        average: average.map { StepAverage($0, kept: 0.75, taken: 0.25) },
        losses: step == 2 ? try w.input([Float(3), 17, 0, -1], [4], .shifted) : nil, halt: halt))
    try w.compareEach("weights", weightTensor, floor: 1)
    for (index, tensor) in momentTensors.enumerated() {
      try w.compareEach("moment \(index)", tensor, floor: 0.1)
    }
    try w.compareExactly("halt", halt, [Int32(0)])
    if let average {
      try w.compareEach("average", average, floor: 1)
      try w.compareEach("squared norm", norm)
    }

    let covered = Set(groups(count).flatMap { Array($0.range) })
    let now = try w.values(of: weightTensor)
    let moved = weights.indices.filter { !covered.contains($0) && now[$0] != weights[$0] }
    w.require(moved.isEmpty, "weights outside every group changed: \(moved)")
  }

  /// Groups span the gaps between parameters, where all is zero: it must stay so, while the weights
  /// beside them move.
  private static func stepOverZeros(_ w: Workspace, _ rule: OptimizerRule) throws {
    let count = 37
    let isGap = (0..<count).map { $0 % 3 == 1 }
    func draw() -> [Float] { w.draw(count).enumerated().map { isGap[$0] ? 0 : abs($1) + 0.1 } }
    let weights = try w.output([count], holding: draw())
    let moments = try rule.moments.map { _ in try w.output([count], holding: draw()) }
    let halt = try w.output([1], holding: Int32(0))
    try w.enqueue(
      OptimizerStep(
        rule, step: 2, learningRate: 1, clipNorm: 0.5,
        groups: [ParameterGroup(range: 0..<count, weightDecay: 0.1)], weights: weights,
        gradients: try w.input(draw(), [count]), moments: moments,
        squaredNorm: try w.input([Float(9)], [1]), halt: halt))
    try w.compareEach("weights", weights, floor: 1)
    for tensor in [weights] + moments {
      let values = try w.values(of: tensor)
      let strays = values.indices.filter { isGap[$0] && values[$0] != 0 }
      w.require(strays.isEmpty, "zeros have become others at \(strays)")
    }
  }

  /// Neither weights nor moments may change; `halt` must be 1 afterwards.
  private static func haltedStep(
    _ w: Workspace, _ rule: OptimizerRule, norm: Float, losses: [Float]? = nil, halt: Int32
  ) throws {
    let count = 37
    let weights = w.draw(count)
    let weightTensor = try w.output([count], holding: weights)
    let moments = (0..<rule.momentCount).map { _ in w.draw(count).map { abs($0) } }
    let momentTensors = try moments.map { try w.output([count], holding: $0) }
    let haltTensor = try w.output([1], holding: halt)
    var gradients = w.draw(count)
    if !norm.isFinite { gradients[5] = norm }
    try w.enqueue(
      OptimizerStep(
        rule, step: 3, learningRate: 0.1, clipNorm: 1, groups: [ParameterGroup(range: 0..<count)],
        weights: weightTensor, gradients: try w.input(gradients, [count]), moments: momentTensors,
        squaredNorm: try w.input([norm], [1]),
        losses: try losses.map { try w.input($0, [$0.count]) }, halt: haltTensor))
    try w.compareExactly("weights", weightTensor, weights)
    for (tensor, values) in zip(momentTensors, moments) {
      try w.compareExactly("moment", tensor, values)
    }
    try w.compareExactly("halt", haltTensor, [Int32(1)])
  }
}
