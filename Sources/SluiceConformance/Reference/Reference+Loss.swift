import SluiceCompute

extension Reference {
  /// What a loss gives: Σ weight · element loss, Σ weight, and the gradient of their quotient.
  struct LossResult {
    var weightedSum = 0.0
    var weightSum = 0.0
    /// `[R, K]`; zero where Σ weight is 0.
    var gradient: [Double]
  }

  /// A loss over R rows of K predictions. `target` holds R·K values, or one a row for quantiles
  /// and classes.
  static func loss(
    _ function: LossFunction, prediction: [Double], target: [Double], rows R: Int, columns K: Int,
    rowWeights: [Double]? = nil, classWeights: [Double]? = nil
  ) -> LossResult {
    var result = LossResult(gradient: Array(repeating: 0, count: R * K))
    for r in 0..<R {
      let weight = rowWeights?[r] ?? 1
      if weight == 0 { continue }
      let logits = Array(prediction[r * K..<(r + 1) * K])

      if function.takesClasses {
        let label = Int(target[r])
        let total = weight * (classWeights?[label] ?? 1)
        // Shifted by the largest logit, so that nothing overflows.
        let largest = logits.contains(where: \.isNaN) ? .nan : logits.max() ?? 0
        let normalizer = logits.reduce(0) { $0 + exponential($1 - largest) }
        let probabilities = logits.map { exponential($0 - largest) / normalizer }
        var value = logarithm(normalizer) - (logits[label] - largest)
        var slopes = (0..<K).map { probabilities[$0] - ($0 == label ? 1 : 0) }
        if case .rankedProbability(let share) = function {
          let score = rankedScore(probabilities, label)
          let s = Double(share)
          value = (1 - s) * value + s * score.value
          slopes = zip(slopes, score.slopes).map { (1 - s) * $0 + s * $1 }
        }
        result.weightedSum += total * value
        result.weightSum += total
        for k in 0..<K { result.gradient[r * K + k] = total * slopes[k] }
        continue
      }

      if case .mixedQuantiles(let levels) = function {
        let width = K - levels.count + 1
        let row = mixture(
          logits, Array(target[r * width..<(r + 1) * width]), levels.map(Double.init))
        result.weightedSum += weight * row.value
        result.weightSum += weight
        for k in 0..<K { result.gradient[r * K + k] = weight * row.slopes[k] }
        continue
      }

      for k in 0..<K {
        let p = logits[k]
        let value: Double
        let slope: Double
        switch function {
        case .quantile(let quantiles):
          (value, slope) = pinball(p, target[r], Double(quantiles[k]))
        default:
          (value, slope) = elementLoss(function, p, target[r * K + k])
        }
        result.weightedSum += weight * value
        result.weightSum += weight
        result.gradient[r * K + k] = weight * slope
      }
    }
    let scale = result.weightSum == 0 ? 0 : 1 / result.weightSum
    result.gradient = result.gradient.map { $0 * scale }
    return result
  }

  /// The pinball loss of a row of quantiles around a mixture, and its derivatives, each quantile's
  /// written out.
  private static func mixture(_ p: [Double], _ target: [Double], _ levels: [Double])
    -> (value: Double, slopes: [Double])
  {
    let bases = Array(target.dropFirst())
    let known = bases.indices.filter { abs(bases[$0]) < 1e30 }
    let largest = known.map { p[$0] }.max() ?? 0
    let sum = known.reduce(0) { $0 + exponential(p[$1] - largest) }
    let shares = bases.indices.map { known.contains($0) ? exponential(p[$0] - largest) / sum : 0 }
    var centre = known.reduce(0) { $0 + shares[$1] * bases[$1] }
    if !bases.indices.allSatisfy({ p[$0].isFinite }) { centre = .nan }
    let rest = Array(p.dropFirst(bases.count))
    let middle = levels.count / 2
    func width(_ q: Int) -> Double {
      1.5 * (max(rest[q] + 0.5, 0) + logarithmOfOnePlus(exponential(-abs(rest[q] + 0.5))))
    }
    var value = 0.0
    var slopes = [Double](repeating: 0, count: p.count)
    for q in levels.indices {
      let between = q > middle ? Array(middle + 1...q) : q < middle ? Array(q..<middle) : []
      let sign = q > middle ? 1.0 : -1
      let quantile = centre + rest[middle] + sign * between.reduce(0) { $0 + width($1) }
      let (loss, slope) = pinball(quantile, target[0], levels[q])
      value += loss
      for k in known { slopes[k] += slope * shares[k] * (bases[k] - centre) }
      slopes[bases.count + middle] += slope
      for w in between {
        slopes[bases.count + w] += slope * sign * 1.5 * sigmoid(rest[w] + 0.5)
      }
    }
    return (value, slopes)
  }

  /// The ranked probability score of one row, and its derivatives by the logits: by the chain rule
  /// through the cumulative sum and the softmax, each written out.
  private static func rankedScore(_ probabilities: [Double], _ label: Int)
    -> (value: Double, slopes: [Double])
  {
    let K = probabilities.count
    let differences = (0..<max(0, K - 1)).map { k in
      probabilities[0...k].reduce(0, +) - (label <= k ? 1 : 0)
    }
    let byProbability = (0..<K).map { j in 2 * differences.dropFirst(j).reduce(0, +) }
    let slopes = (0..<K).map { i in
      (0..<K).reduce(0) { sum, j in
        let byLogit = probabilities[j] * ((i == j ? 1 : 0) - probabilities[i])
        return sum + byProbability[j] * byLogit
      }
    }
    return (differences.reduce(0) { $0 + $1 * $1 }, slopes)
  }

  /// The loss of one element and its derivative by the prediction.
  private static func elementLoss(_ function: LossFunction, _ p: Double, _ y: Double)
    -> (Double, Double)
  {
    let error = p - y
    let sign = error.isNaN ? error : error > 0 ? 1.0 : error < 0 ? -1 : 0
    switch function {
    case .meanSquaredError:
      return (error * error, 2 * error)
    case .meanAbsoluteError:
      return (abs(error), sign)
    case .huber(let delta):
      let d = Double(delta)
      if abs(error) > d { return (d * (abs(error) - d / 2), d * sign) }
      return (error * error / 2, error)
    case .binaryCrossEntropy(let positiveWeight):
      let w = Double(positiveWeight)
      // −log σ(p) = log(1 + e^−p), rewritten for either sign so that nothing overflows.
      let lossIfPositive = max(-p, 0) + logarithmOfOnePlus(exponential(-abs(p)))
      let lossIfNegative = max(p, 0) + logarithmOfOnePlus(exponential(-abs(p)))
      let value = w * y * lossIfPositive + (1 - y) * lossIfNegative
      return (p.isNaN ? .nan : value, -w * y * sigmoid(-p) + (1 - y) * sigmoid(p))
    case .quantile, .mixedQuantiles, .softmaxCrossEntropy, .rankedProbability:
      return (.nan, .nan)  // Handled by the row.
    }
  }

  private static func pinball(_ p: Double, _ y: Double, _ quantile: Double) -> (Double, Double) {
    let error = y - p
    if error.isNaN { return (error, error) }
    return error >= 0 ? (quantile * error, -quantile) : ((quantile - 1) * error, 1 - quantile)
  }
}

extension DoubleBackend {
  package func execute(_ operation: Loss) throws(ComputeError) {
    let prediction = operation.prediction
    if operation.function.takesClasses {
      _ = try integers(operation.target, below: prediction.columns, "class")
    }
    let result = Reference.loss(
      operation.function, prediction: try values(prediction), target: try values(operation.target),
      rows: prediction.rows, columns: prediction.columns,
      rowWeights: try values(operation.rowWeights), classWeights: try values(operation.classWeights)
    )
    try set(operation.statistics, [result.weightedSum, result.weightSum])
    guard let gradient = operation.gradient else { return }
    try set(gradient, result.gradient.map { $0 * Double(operation.gradientScale) })
  }
}
