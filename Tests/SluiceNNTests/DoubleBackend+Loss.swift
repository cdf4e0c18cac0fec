import Foundation
import SluiceCompute

extension DoubleBackend {
  /// The gradient comes from central differences: it shares nothing with a closed form.
  func execute(_ operation: Loss) throws(ComputeError) {
    var prediction = try values(operation.prediction)
    let target = try values(operation.target)
    let columns = operation.prediction.columns
    let rowWeights = try operation.rowWeights.map { t throws(ComputeError) in try values(t) }
    let classWeights = try operation.classWeights.map { t throws(ComputeError) in try values(t) }

    func row(_ row: Int) -> (sum: Double, weight: Double) {
      let p = prediction[(row * columns)..<((row + 1) * columns)]
      let weight = rowWeights?[row] ?? 1
      if operation.function.takesClasses {
        let label = Int(target[row])
        let full = weight * (classWeights?[label] ?? 1)
        return (full * classLoss(operation.function, Array(p), label), full)
      }
      let losses = p.enumerated().map { column, value in
        let y = target.count == prediction.count ? target[row * columns + column] : target[row]
        return elementLoss(operation.function, value, y, column)
      }
      return (weight * losses.reduce(0, +), weight * Double(columns))
    }

    let rows = (0..<operation.prediction.rows).map(row)
    let total = rows.reduce(0) { $0 + $1.weight }
    try set(operation.statistics, [rows.reduce(0) { $0 + $1.sum }, total])
    guard let gradient = operation.gradient else { return }
    let epsilon = 1e-5
    let slopes = prediction.indices.map { index in
      let value = prediction[index]
      prediction[index] = value + epsilon
      let above = row(index / columns).sum
      prediction[index] = value - epsilon
      let below = row(index / columns).sum
      prediction[index] = value
      return Double(operation.gradientScale) * (above - below) / (2 * epsilon) / total
    }
    try set(gradient, slopes)
  }

  private func classLoss(_ function: LossFunction, _ p: [Double], _ label: Int) -> Double {
    let sum = p.reduce(0) { $0 + exp($1) }
    let crossEntropy = log(sum) - p[label]
    guard case .rankedProbability(let share) = function else { return crossEntropy }
    var cumulative = 0.0
    var score = 0.0
    for k in p.indices.dropLast() {
      cumulative += exp(p[k]) / sum
      score += pow(cumulative - (k >= label ? 1 : 0), 2)
    }
    return (1 - Double(share)) * crossEntropy + Double(share) * score
  }

  private func elementLoss(_ function: LossFunction, _ p: Double, _ y: Double, _ column: Int)
    -> Double
  {
    let error = y - p
    switch function {
    case .meanSquaredError: return error * error
    case .meanAbsoluteError: return abs(error)
    case .huber(let delta):
      let d = Double(delta)
      return abs(error) <= d ? error * error / 2 : d * (abs(error) - d / 2)
    case .quantile(let quantiles):
      let q = Double(quantiles[column])
      return max(q * error, (q - 1) * error)
    case .binaryCrossEntropy(let positiveWeight):
      return Double(positiveWeight) * y * log(1 + exp(-p)) + (1 - y) * log(1 + exp(p))
    case .softmaxCrossEntropy, .rankedProbability: return .nan
    }
  }
}
