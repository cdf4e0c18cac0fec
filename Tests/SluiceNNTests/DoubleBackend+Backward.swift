import SluiceCompute

extension DoubleBackend {
  func execute(_ operation: SumOverSteps) throws(ComputeError) {
    let input = try values(operation.input)
    let count = operation.output.count
    var sums = [Double](repeating: 0, count: count)
    for (index, value) in input.enumerated() { sums[index % count] += value }
    try set(operation.output, sums, accumulate: operation.accumulate)
  }

  func execute(_ operation: ColumnSum) throws(ComputeError) {
    let input = try values(operation.input)
    let count = operation.output.count
    var sums = [Double](repeating: 0, count: count)
    for (index, value) in input.enumerated() { sums[index % count] += value }
    try set(operation.output, sums, accumulate: operation.accumulate)
  }

  func execute(_ operation: SumOfSquares) throws(ComputeError) {
    try set(operation.output, [try values(operation.input).reduce(0) { $0 + $1 * $1 }])
  }

  func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let output = try values(operation.output)
    let gradient = try values(operation.outputGradient)
    let result = zip(output, gradient).map { y, gradient in
      switch operation.activation {
      case .identity: gradient
      case .sigmoid: gradient * y * (1 - y)
      case .tanh: gradient * (1 - y * y)
      case .relu: y > 0 ? gradient : 0
      }
    }
    try set(operation.inputGradient, result, accumulate: operation.accumulate)
  }

  func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    let gradient = try values(operation.outputGradient)
    let width = operation.tableGradient.columns
    var table = try values(operation.tableGradient)
    for (row, index) in try values(operation.indices).enumerated()
    where Int(index) != operation.ignoring.map(Int.init) {
      for column in 0..<width {
        table[Int(index) * width + column] += gradient[row * width + column]
      }
    }
    try set(operation.tableGradient, table)
  }

  func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    let gradient = try values(operation.outputGradient)
    let width = operation.tableGradient.columns
    var table = try values(operation.tableGradient)
    for (row, index, value) in try entries(operation.features, operation.documents) {
      for column in 0..<width {
        table[index * width + column] +=
          Double(operation.scale) * value * gradient[row * width + column]
      }
    }
    try set(operation.tableGradient, table)
  }

  func execute(_ operation: PoolBackward) throws(ComputeError) {
    let gradient = try values(operation.outputGradient)
    let (steps, columns) = (operation.inputGradient.shape[0], gradient.count)
    let width = operation.outputGradient.columns
    let winners = try operation.winners.map { t throws(ComputeError) in try values(t) }
    let lengths = try lengths(
      operation.lengths, steps: steps, batch: operation.outputGradient.rows)
    var result = [Double](repeating: 0, count: steps * columns)
    for place in 0..<columns {
      let length = lengths[place / width]
      for step in 0..<length {
        let share: Double =
          switch operation.pooling {
          case .max: Double(step) == winners?[place] ? 1 : 0
          case .mean: 1 / Double(length)
          case .last: step == length - 1 ? 1 : 0
          case .first: step == 0 ? 1 : 0
          }
        result[step * columns + place] = share * gradient[place]
      }
    }
    try set(operation.inputGradient, result, accumulate: operation.accumulate)
  }

  /// Adam alone.
  func execute(_ operation: OptimizerStep) throws(ComputeError) {
    guard case .adam(let beta1, let beta2, let epsilon) = operation.rule else {
      throw ComputeError(.unsupported, "the back end in Double has no \(operation.rule)")
    }
    let squaredNorm = try values(operation.squaredNorm)[0]
    let scale = operation.clipNorm.map { min(1, Double($0) / (squaredNorm.squareRoot() + 1e-6)) }
    let gradients = try values(operation.gradients).map { $0 * (scale ?? 1) }
    var weights = try values(operation.weights)
    var (first, second) = (try values(operation.moments[0]), try values(operation.moments[1]))
    let (b1, b2) = (Double(beta1), Double(beta2))
    let correction = (0..<operation.step).reduce((1.0, 1.0)) { sum, _ in (sum.0 * b1, sum.1 * b2) }
    for group in operation.groups {
      let rate = Double(operation.learningRate * group.learningRateScale)
      for index in group.range {
        let gradient = gradients[index] + Double(group.weightDecay) * weights[index]
        first[index] = b1 * first[index] + (1 - b1) * gradient
        second[index] = b2 * second[index] + (1 - b2) * gradient * gradient
        let root = (second[index] / (1 - correction.1)).squareRoot()
        weights[index] -= rate * first[index] / (1 - correction.0) / (root + Double(epsilon))
      }
    }
    try set(operation.weights, weights)
    try set(operation.moments[0], first)
    try set(operation.moments[1], second)
  }
}
