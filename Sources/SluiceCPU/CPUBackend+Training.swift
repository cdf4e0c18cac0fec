import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: Loss) throws(ComputeError) {
    let prediction = operation.prediction
    var levels: [Float] = []
    switch operation.function {
    case .quantile(let values), .mixedQuantiles(let values): levels = values
    default: break
    }
    let quantiles = try scratch(levels.count)
    for (j, level) in levels.enumerated() { quantiles.floats[j] = level }
    let kind: LossKind
    switch operation.function {
    case .meanSquaredError: kind = .meanSquaredError
    case .meanAbsoluteError: kind = .meanAbsoluteError
    case .huber(let delta): kind = .huber(delta: delta)
    case .quantile: kind = .quantile(quantiles.floats)
    case .mixedQuantiles: kind = .mixedQuantiles(quantiles.floats, count: levels.count)
    case .binaryCrossEntropy(let weight): kind = .binaryCrossEntropy(positiveWeight: weight)
    case .softmaxCrossEntropy: kind = .softmaxCrossEntropy
    case .rankedProbability(let share): kind = .rankedProbability(share: share)
    }
    var tile = LossTile(kind, prediction: try rows(prediction), columns: prediction.columns)
    if operation.function.takesClasses {
      try checkIndices(operation.target, below: prediction.columns, "class")
      tile.classes = try integers(operation.target)
    } else {
      tile.target = try floats(operation.target)
    }
    tile.rowWeights = try floats(operation.rowWeights)
    tile.classWeights = try floats(operation.classWeights)
    tile.gradient = try rows(operation.gradient)
    try run(
      tile, rows: prediction.rows, statistics: try floats(operation.statistics),
      gradientScale: operation.gradientScale)
  }

  /// Sums over a fixed number of rows each, added up in their order; then the gradient, which
  /// needs the whole weight.
  private func run(_ tile: LossTile, rows: Int, statistics: Floats, gradientScale: Float)
    throws(ComputeError)
  {
    let size = max(1, 2048 / max(1, tile.columns))
    let parts = (rows + size - 1) / size
    let partials = try scratch(4 * parts)
    let sums = UnsafeMutableRawPointer(partials.floats).assumingMemoryBound(to: LossSums.self)
    threads.run(parts) { part, _ in
      var tile = tile
      tile.rows = part * size..<min(rows, (part + 1) * size)
      sums[part] = self.kernels.loss(tile)
    }
    var total = LossSums()
    for part in 0..<parts {
      total.loss += sums[part].loss
      total.weight += sums[part].weight
    }
    statistics[0] = Float(total.loss)
    statistics[1] = Float(total.weight)
    guard tile.gradient != nil else { return }
    let scale = total.weight == 0 ? 0 : Double(gradientScale) / total.weight
    threads.run(parts) { part, _ in
      var tile = tile
      tile.rows = part * size..<min(rows, (part + 1) * size)
      self.kernels.lossGradient(tile, scale: scale)
    }
  }

  public func execute(_ operation: OptimizerStep) throws(ComputeError) {
    if operation.measuresNorm {
      try execute(SumOfSquares(operation.gradients, into: operation.squaredNorm))
    }
    try step(operation)
    guard let average = operation.average else { return }
    try execute(
      LinearCombination(
        operation.weights, scale: average.taken, to: average.weights, outputScale: average.kept))
  }

  /// The step alone.
  private func step(_ operation: OptimizerStep) throws(ComputeError) {
    let norm = try floats(operation.squaredNorm)[0]
    let halt = try integers(operation.halt)
    var isFinite = norm.isFinite
    if let losses = operation.losses {
      let values = try floats(losses)
      for index in 0..<losses.count where !values[index].isFinite { isFinite = false }
    }
    if !isFinite { halt[0] = 1 }
    if halt[0] == 1 { return }
    var gradientScale: Float = 1
    if let clip = operation.clipNorm {
      gradientScale = min(1, clip / (norm.squareRoot() + 1e-6))
    }
    let weights = try floats(operation.weights)
    let gradients = try floats(operation.gradients)
    let moment1 = try floats(operation.moments.first)
    let moment2 = try floats(operation.moments.dropFirst().first)
    let rule = operation.rule
    let corrections = rule.corrections(step: operation.step)
    for group in operation.groups.reversed() {
      let start = group.range.lowerBound
      // The norm has read the gradients up to the end just now.
      forRows(group.range.count, columns: 1, fromEnd: true) { range in
        let offset = start + range.lowerBound
        self.kernels.optimize(
          OptimizerTile(
            algorithm: rule.algorithm.rawValue, constants: rule.constants,
            corrections: corrections, weights: weights + offset, gradients: gradients + offset,
            moment1: moment1.map { $0 + offset }, moment2: moment2.map { $0 + offset },
            count: range.count, learningRate: operation.learningRate * group.learningRateScale,
            weightDecay: group.weightDecay, gradientScale: gradientScale))
      }
    }
  }
}
