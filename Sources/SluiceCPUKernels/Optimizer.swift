import SluiceCPUInterface

/// As `OptimizerRule.Algorithm` numbers them.
private enum Algorithm: Int {
  case sgd, rmsprop, adam, adamW, lion
}

extension Kernels {
  package static func optimize(_ tile: OptimizerTile) {
    let c = tile.constants
    switch Algorithm(rawValue: tile.algorithm) {
    case .sgd: descend(tile, c[0], c[1] != 0)
    case .rmsprop: rmsprop(tile, c[0], c[1])
    case .adam: adam(tile, c[0], c[1], c[2], decoupled: false)
    case .adamW: adam(tile, c[0], c[1], c[2], decoupled: true)
    case .lion: lion(tile, c[0], c[1])
    case nil: break
    }
  }
}

/// The clipped gradient, with what weight decay adds.
@inline(__always)
private func gradient(_ tile: OptimizerTile, _ weight: Lanes, _ j: Int, _ decay: Float) -> Lanes {
  multiplyAdd(
    weight, broadcast(decay), load(tile.gradients + j) * broadcast(tile.gradientScale))
}

private func descend(_ tile: OptimizerTile, _ momentum: Float, _ nesterov: Bool) {
  var j = 0
  while j < tile.count {
    let left = tile.count - j
    let w = load(tile.weights + j)
    var update = gradient(tile, w, j, tile.weightDecay)
    if let moment = tile.moment1 {
      let v = multiplyAdd(load(moment + j), broadcast(momentum), update)
      store(v, moment + j, left)
      update = nesterov ? multiplyAdd(v, broadcast(momentum), update) : v
    }
    store(multiplyAdd(update, broadcast(-tile.learningRate), w), tile.weights + j, left)
    j += Extent.lanes
  }
}

private func rmsprop(_ tile: OptimizerTile, _ decay: Float, _ epsilon: Float) {
  guard let moment = tile.moment1 else { return }
  var j = 0
  while j < tile.count {
    let left = tile.count - j
    let w = load(tile.weights + j)
    let g = gradient(tile, w, j, tile.weightDecay)
    let s = multiplyAdd(load(moment + j), broadcast(decay), g * g * broadcast(1 - decay))
    store(s, moment + j, left)
    let update = g / (squareRoot(s) + broadcast(epsilon))
    store(multiplyAdd(update, broadcast(-tile.learningRate), w), tile.weights + j, left)
    j += Extent.lanes
  }
}

private func adam(
  _ tile: OptimizerTile, _ beta1: Float, _ beta2: Float, _ epsilon: Float, decoupled: Bool
) {
  guard let moment1 = tile.moment1, let moment2 = tile.moment2 else { return }
  let rate = broadcast(-tile.learningRate / tile.corrections[0])
  let scale = broadcast(1 / tile.corrections[1].squareRoot())
  let keep = broadcast(decoupled ? 1 - tile.learningRate * tile.weightDecay : 1)
  let decay = decoupled ? 0 : tile.weightDecay
  let gradientScale = broadcast(tile.gradientScale)
  let decayFactor = broadcast(decay)
  let beta1 = broadcast(beta1)
  let beta2 = broadcast(beta2)
  let rest1 = broadcast(1) - beta1
  let rest2 = broadcast(1) - beta2
  var j = 0
  while j < tile.count {
    let left = tile.count - j
    let weight = load(tile.weights + j)
    let g = multiplyAdd(weight, decayFactor, load(tile.gradients + j) * gradientScale)
    let m = multiplyAdd(load(moment1 + j), beta1, g * rest1)
    let v = multiplyAdd(load(moment2 + j), beta2, g * g * rest2)
    let update = m / multiplyAdd(squareRoot(v), scale, broadcast(epsilon))
    let w = multiplyAdd(update, rate, weight * keep)
    if left >= Extent.lanes {
      store(m, moment1 + j)
      store(v, moment2 + j)
      store(w, tile.weights + j)
    } else {
      for lane in 0..<left {
        moment1[j + lane] = m[lane]
        moment2[j + lane] = v[lane]
        tile.weights[j + lane] = w[lane]
      }
    }
    j += Extent.lanes
  }
}

private func lion(_ tile: OptimizerTile, _ beta1: Float, _ beta2: Float) {
  guard let moment = tile.moment1 else { return }
  let rate = broadcast(tile.learningRate)
  let keep = broadcast(1 - tile.learningRate * tile.weightDecay)
  let zero = Lanes.zero
  var j = 0
  while j < tile.count {
    let left = tile.count - j
    let g = load(tile.gradients + j) * broadcast(tile.gradientScale)
    let m = load(moment + j)
    let direction = multiplyAdd(m, broadcast(beta1), g * broadcast(1 - beta1))
    let change = select(direction .> zero, rate, select(direction .< zero, -rate, zero))
    store(multiplyAdd(m, broadcast(beta2), g * broadcast(1 - beta2)), moment + j, left)
    store(multiplyAdd(load(tile.weights + j), keep, -change), tile.weights + j, left)
    j += Extent.lanes
  }
}
