import SluiceCompute

/// Weights and the state of a rule, in double precision.
struct OptimizerState {
  var weights: [Double]
  var moments: [[Double]]
}

extension Reference {
  /// One step over the groups of the arena. The norm is finite.
  static func optimizerStep(
    _ rule: OptimizerRule, step: Int, learningRate: Float, clipNorm: Float?,
    groups: [ParameterGroup], gradients: [Double], squaredNorm: Double,
    state: inout OptimizerState
  ) {
    let clip = clipNorm.map { min(1, Double($0) / (squaredNorm.squareRoot() + 1e-6)) } ?? 1
    // Of float constants, as kernels take them.
    let c = SIMD4<Double>(rule.constants)
    for group in groups {
      let rate = Double(learningRate) * Double(group.learningRateScale)
      let decay = Double(group.weightDecay)
      for index in group.range {
        let gradient = gradients[index] * clip
        let weight = state.weights[index]
        switch rule.algorithm {
        case .sgd:
          let (momentum, isNesterov) = (c[0], c[1] != 0)
          let g = gradient + decay * weight
          guard momentum != 0 else {
            state.weights[index] = weight - rate * g
            continue
          }
          let v = momentum * state.moments[0][index] + g
          state.moments[0][index] = v
          state.weights[index] = weight - rate * (isNesterov ? g + momentum * v : v)

        case .rmsprop:
          let (smoothing, epsilon) = (c[0], c[1])
          let g = gradient + decay * weight
          let s = smoothing * state.moments[0][index] + (1 - smoothing) * g * g
          state.moments[0][index] = s
          state.weights[index] = weight - rate * g / (s.squareRoot() + epsilon)

        case .adam:
          let change = adamDirection(gradient + decay * weight, index, c, step, &state)
          state.weights[index] = weight - rate * change

        case .adamW:
          let change = adamDirection(gradient, index, c, step, &state)
          state.weights[index] = weight - rate * decay * weight - rate * change

        case .lion:
          let (beta1, beta2) = (c[0], c[1])
          let m = state.moments[0][index]
          let direction = beta1 * m + (1 - beta1) * gradient
          let sign: Double = direction > 0 ? 1 : direction < 0 ? -1 : 0
          state.moments[0][index] = beta2 * m + (1 - beta2) * gradient
          state.weights[index] = weight - rate * (sign + decay * weight)
        }
      }
    }
  }

  /// m̂ / (√v̂ + ε) after taking in one more gradient.
  private static func adamDirection(
    _ gradient: Double, _ index: Int, _ constants: SIMD4<Double>, _ step: Int,
    _ state: inout OptimizerState
  ) -> Double {
    let (beta1, beta2, epsilon) = (constants[0], constants[1], constants[2])
    let m = beta1 * state.moments[0][index] + (1 - beta1) * gradient
    let v = beta2 * state.moments[1][index] + (1 - beta2) * gradient * gradient
    state.moments[0][index] = m
    state.moments[1][index] = v
    let mean = m / (1 - power(beta1, Double(step)))
    let spread = v / (1 - power(beta2, Double(step)))
    return mean / (spread.squareRoot() + epsilon)
  }
}

extension DoubleBackend {
  package func execute(_ operation: OptimizerStep) throws(ComputeError) {
    if operation.measuresNorm {
      try execute(SumOfSquares(operation.gradients, into: operation.squaredNorm))
    }
    try step(operation)
    guard let average = operation.average else { return }
    try execute(
      LinearCombination(
        operation.weights, scale: average.taken, to: average.weights, outputScale: average.kept))
  }

  private func step(_ operation: OptimizerStep) throws(ComputeError) {
    let squaredNorm = try values(operation.squaredNorm)[0]
    let losses = try values(operation.losses) ?? []
    if !squaredNorm.isFinite || losses.contains(where: { !$0.isFinite }) {
      try set(operation.halt, [1])
    }
    if try values(operation.halt)[0] == 1 { return }
    var moments: [[Double]] = []
    for moment in operation.moments { moments.append(try values(moment)) }
    var state = OptimizerState(weights: try values(operation.weights), moments: moments)
    Reference.optimizerStep(
      operation.rule, step: operation.step, learningRate: operation.learningRate,
      clipNorm: operation.clipNorm, groups: operation.groups,
      gradients: try values(operation.gradients), squaredNorm: squaredNorm, state: &state)
    try set(operation.weights, state.weights)
    for (tensor, values) in zip(operation.moments, state.moments) { try set(tensor, values) }
  }
}
