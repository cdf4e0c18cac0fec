import SluiceCPUInterface

// Their sums decide when training stops: double precision. What takes exponentials and logarithms
// has files of its own.

extension Kernels {
  package static func loss(_ tile: LossTile) -> LossSums {
    switch tile.kind {
    case .softmaxCrossEntropy:
      if let classes = tile.classes { return classLoss(tile, classes, 0) }
    case .rankedProbability(let share):
      if let classes = tile.classes { return classLoss(tile, classes, Double(share)) }
    case .binaryCrossEntropy(let positiveWeight):
      if let labels = tile.target { return binaryLoss(tile, labels, positiveWeight) }
    case .mixedQuantiles(let levels, let count):
      if let target = tile.target { return mixtureLoss(tile, target, levels, count) }
    case .meanSquaredError, .meanAbsoluteError, .huber, .quantile: break
    }
    var sums = LossSums()
    guard let target = tile.target else { return sums }
    for r in tile.rows {
      let rowWeight = tile.rowWeights.map { Double($0[r]) } ?? 1
      // A row left out says nothing, whatever it holds.
      if rowWeight == 0 { continue }
      let p = tile.prediction.start + r * tile.prediction.stride
      for j in 0..<tile.columns {
        sums.loss += rowWeight * elementLoss(tile, Double(p[j]), targetValue(tile, target, r, j), j)
        sums.weight += rowWeight
      }
    }
    return sums
  }

  package static func lossGradient(_ tile: LossTile, scale: Double) {
    switch tile.kind {
    case .softmaxCrossEntropy:
      if let classes = tile.classes { return classGradient(tile, classes, 0, scale) }
    case .rankedProbability(let share):
      if let classes = tile.classes { return classGradient(tile, classes, Double(share), scale) }
    case .binaryCrossEntropy(let positiveWeight):
      if let labels = tile.target { return binaryGradient(tile, labels, positiveWeight, scale) }
    case .mixedQuantiles(let levels, let count):
      if let target = tile.target { return mixtureGradient(tile, target, levels, count, scale) }
    case .meanSquaredError, .meanAbsoluteError, .huber, .quantile: break
    }
    guard let gradient = tile.gradient, let target = tile.target else { return }
    for r in tile.rows {
      let to = gradient.start + r * gradient.stride
      let rowWeight = tile.rowWeights.map { Double($0[r]) } ?? 1
      if rowWeight == 0 || scale == 0 {
        clear(to, tile.columns)
        continue
      }
      let p = tile.prediction.start + r * tile.prediction.stride
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
  case .quantile(let levels):
    let q = Double(levels[j])
    let e = y - p
    return e >= 0 ? q * e : (q - 1) * e
  case .binaryCrossEntropy, .mixedQuantiles, .softmaxCrossEntropy, .rankedProbability:
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
  case .quantile(let levels):
    let q = Double(levels[j])
    return e < 0 ? -q : e > 0 ? 1 - q : e
  case .binaryCrossEntropy, .mixedQuantiles, .softmaxCrossEntropy, .rankedProbability:
    return 0
  }
}
