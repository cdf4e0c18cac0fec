import SluiceCPUInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// Losses are small beside products, and their sums decide when training stops: double precision.

/// Σ weight · loss and Σ weight over the tile's rows.
func loss(_ tile: LossTile) -> LossSums {
  var sums = LossSums(loss: 0, weight: 0)
  for r in tile.rows {
    let rowWeight = tile.rowWeights.map { Double($0[r]) } ?? 1
    // A row left out says nothing, whatever it holds.
    if rowWeight == 0 { continue }
    let p = tile.prediction.start + r * tile.prediction.stride
    if let classes = tile.classes {
      let target = Int(classes[r])
      let weight = rowWeight * (tile.classWeights.map { Double($0[target]) } ?? 1)
      if weight == 0 { continue }
      let (largest, sum) = exponentialSum(p, tile.columns)
      var value = log(sum) - (Double(p[target]) - largest)
      if case .rankedProbability(let share) = tile.kind {
        let score = rankedScore(p, tile.columns, target, largest, sum)
        value = (1 - Double(share)) * value + Double(share) * score
      }
      sums.loss += weight * value
      sums.weight += weight
    } else if let target = tile.target {
      for j in 0..<tile.columns {
        sums.loss += rowWeight * elementLoss(tile, Double(p[j]), targetValue(tile, target, r, j), j)
        sums.weight += rowWeight
      }
    }
  }
  return sums
}

/// The gradient of the tile's rows: `scale` · weight · dloss/dprediction.
func lossGradient(_ tile: LossTile, _ scale: Double) {
  guard let gradient = tile.gradient else { return }
  for r in tile.rows {
    let to = gradient.start + r * gradient.stride
    let rowWeight = tile.rowWeights.map { Double($0[r]) } ?? 1
    if rowWeight == 0 || scale == 0 {
      clear(to, tile.columns)
      continue
    }
    let p = tile.prediction.start + r * tile.prediction.stride
    if let classes = tile.classes {
      let target = Int(classes[r])
      let weight = rowWeight * (tile.classWeights.map { Double($0[target]) } ?? 1) * scale
      if weight == 0 {
        clear(to, tile.columns)
        continue
      }
      let (largest, sum) = exponentialSum(p, tile.columns)
      if case .rankedProbability(let share) = tile.kind {
        rankedGradient(p, tile.columns, target, largest, sum, Double(share), weight, to)
        continue
      }
      for j in 0..<tile.columns {
        let probability = exp(Double(p[j]) - largest) / sum
        to[j] = Float(weight * (j == target ? probability - 1 : probability))
      }
    } else if let target = tile.target {
      for j in 0..<tile.columns {
        let slope = elementSlope(tile, Double(p[j]), targetValue(tile, target, r, j), j)
        to[j] = Float(rowWeight * scale * slope)
      }
    }
  }
}

/// Quantiles share one target per row.
@inline(__always)
private func targetValue(_ tile: LossTile, _ target: Floats, _ r: Int, _ j: Int) -> Double {
  if case .quantile = tile.kind { return Double(target[r]) }
  return Double(target[r * tile.columns + j])
}

/// The largest of the logits, NaN if one is, and Σ e^(logit − largest).
private func exponentialSum(_ p: Floats, _ count: Int) -> (largest: Double, sum: Double) {
  var largest = -Double.infinity
  for j in 0..<count {
    let value = Double(p[j])
    if value > largest || value.isNaN { largest = value }
    if value.isNaN { break }
  }
  var total = 0.0
  for j in 0..<count { total += exp(Double(p[j]) - largest) }
  return (largest, total)
}

/// Σ_{k < K − 1} (F[k] − 1[target ≤ k])², F the cumulative sum of the softmax.
private func rankedScore(
  _ p: Floats, _ count: Int, _ target: Int, _ largest: Double, _ sum: Double
) -> Double {
  var score = 0.0
  var cumulative = 0.0
  for k in 0..<max(0, count - 1) {
    cumulative += exp(Double(p[k]) - largest) / sum
    let difference = cumulative - (target <= k ? 1 : 0)
    score += difference * difference
  }
  return score
}

/// `weight` times the gradient of the mixed loss: with d[k] = F[k] − 1[target ≤ k], that of the
/// score is 2·P[j]·(Σ_{j ≤ k < K − 1} d[k] − Σ_{k < K − 1} d[k]·F[k]).
private func rankedGradient(
  _ p: Floats, _ count: Int, _ target: Int, _ largest: Double, _ sum: Double, _ share: Double,
  _ weight: Double, _ to: Floats
) {
  var total = 0.0
  var product = 0.0
  var cumulative = 0.0
  for k in 0..<max(0, count - 1) {
    cumulative += exp(Double(p[k]) - largest) / sum
    let difference = cumulative - (target <= k ? 1 : 0)
    total += difference
    product += difference * cumulative
  }
  // `total` shrinks to the sum from j on.
  cumulative = 0
  for j in 0..<count {
    let probability = exp(Double(p[j]) - largest) / sum
    let score = 2 * probability * (total - product)
    let slope = (1 - share) * (j == target ? probability - 1 : probability) + share * score
    to[j] = Float(weight * slope)
    cumulative += probability
    if j < count - 1 { total -= cumulative - (target <= j ? 1 : 0) }
  }
}

@inline(__always)
private func elementLoss(_ tile: LossTile, _ p: Double, _ y: Double, _ j: Int) -> Double {
  switch tile.kind {
  case .meanSquaredError:
    return (p - y) * (p - y)
  case .meanAbsoluteError:
    return abs(p - y)
  case .huber(let delta):
    let e = abs(p - y)
    let d = Double(delta)
    return e <= d ? e * e / 2 : d * (e - d / 2)
  case .quantile:
    let q = tile.quantiles.map { Double($0[j]) } ?? 0.5
    let e = y - p
    return e >= 0 ? q * e : (q - 1) * e
  case .binaryCrossEntropy(let positiveWeight):
    // log(1 + e^−|p|) never overflows.
    let tail = log1p(exp(-abs(p)))
    let negativeLog = (p < 0 ? -p : 0) + tail
    let complementLog = (p > 0 ? p : 0) + tail
    let value = (1 - y) * complementLog
    return y == 0 ? value : value + Double(positiveWeight) * y * negativeLog
  case .softmaxCrossEntropy, .rankedProbability:
    return 0
  }
}

@inline(__always)
private func elementSlope(_ tile: LossTile, _ p: Double, _ y: Double, _ j: Int) -> Double {
  let e = p - y
  switch tile.kind {
  case .meanSquaredError:
    return 2 * e
  case .meanAbsoluteError:
    return e > 0 ? 1 : e < 0 ? -1 : e
  case .huber(let delta):
    let d = Double(delta)
    return e > d ? d : e < -d ? -d : e
  case .quantile:
    let q = tile.quantiles.map { Double($0[j]) } ?? 0.5
    return e < 0 ? -q : e > 0 ? 1 - q : e
  case .binaryCrossEntropy(let positiveWeight):
    let z = exp(-abs(p))
    let probability = p >= 0 ? 1 / (1 + z) : z / (1 + z)
    return (1 - y) * probability - Double(positiveWeight) * y * (1 - probability)
  case .softmaxCrossEntropy, .rankedProbability:
    return 0
  }
}
