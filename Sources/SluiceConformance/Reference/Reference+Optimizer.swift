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
    for group in groups {
      let rate = Double(learningRate) * Double(group.learningRateScale)
      let decay = Double(group.weightDecay)
      for index in group.range {
        let gradient = gradients[index] * clip
        let weight = state.weights[index]
        switch rule {
        case .sgd(let momentum, let nesterov):
          let g = gradient + decay * weight
          guard momentum != 0 else {
            state.weights[index] = weight - rate * g
            continue
          }
          let v = Double(momentum) * state.moments[0][index] + g
          state.moments[0][index] = v
          state.weights[index] = weight - rate * (nesterov ? g + Double(momentum) * v : v)

        case .rmsprop(let smoothing, let epsilon):
          let g = gradient + decay * weight
          let s = Double(smoothing) * state.moments[0][index] + (1 - Double(smoothing)) * g * g
          state.moments[0][index] = s
          state.weights[index] = weight - rate * g / (s.squareRoot() + Double(epsilon))

        case .adam(let beta1, let beta2, let epsilon):
          let change = adamDirection(
            gradient + decay * weight, index, Double(beta1), Double(beta2), Double(epsilon), step,
            &state)
          state.weights[index] = weight - rate * change

        case .adamW(let beta1, let beta2, let epsilon):
          let change = adamDirection(
            gradient, index, Double(beta1), Double(beta2), Double(epsilon), step, &state)
          state.weights[index] = weight - rate * decay * weight - rate * change
        }
      }
    }
  }

  /// m̂ / (√v̂ + ε) after taking in one more gradient.
  private static func adamDirection(
    _ gradient: Double, _ index: Int, _ beta1: Double, _ beta2: Double, _ epsilon: Double,
    _ step: Int, _ state: inout OptimizerState
  ) -> Double {
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
