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
    if case .softmaxCrossEntropy = tile.kind, let classes = tile.classes {
      let target = Int(classes[r])
      let weight = rowWeight * (tile.classWeights.map { Double($0[target]) } ?? 1)
      if weight == 0 { continue }
      let (largest, sum) = exponentialSum(p, tile.columns)
      sums.loss += weight * (log(sum) - (Double(p[target]) - largest))
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
    if case .softmaxCrossEntropy = tile.kind, let classes = tile.classes {
      let target = Int(classes[r])
      let weight = rowWeight * (tile.classWeights.map { Double($0[target]) } ?? 1) * scale
      if weight == 0 {
        clear(to, tile.columns)
        continue
      }
      let (largest, sum) = exponentialSum(p, tile.columns)
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
  case .softmaxCrossEntropy:
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
  case .softmaxCrossEntropy:
    return 0
  }
}
