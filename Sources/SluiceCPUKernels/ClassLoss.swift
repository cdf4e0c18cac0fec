import SluiceCPUInterface

// Losses of one class among the columns: a row's exponentials lane by lane, sums over rows in double.

/// A row's softmax before it is divided. The terms of the largest logits are 1 each and stand apart:
/// beside them, those of a sure prediction would be lost.
private struct Softmax {
  var largest: Float
  /// How often the largest logit stands there; NaN where it is infinite.
  var ties: Float
  /// Σ e^(logit − largest) over the others.
  var rest: Float

  var sum: Float { ties + rest }
}

@inline(never)
private func softmax(_ p: Floats, _ count: Int) -> Softmax {
  var top = broadcast(-.infinity)
  var j = 0
  while j < count {
    let x = logits(p, j, count)
    top = select(x .> top, x, top)
    j += Extent.lanes
  }
  let largest = largest(top)
  var ties = Lanes()
  var rest = Lanes()
  j = 0
  while j < count {
    let x = logits(p, j, count)
    let e = exponential(x - broadcast(largest))
    let isLargest = x .== broadcast(largest)
    ties += select(isLargest, e, broadcast(0))
    rest += select(isLargest, broadcast(0), e)
    j += Extent.lanes
  }
  return Softmax(largest: largest, ties: total(ties), rest: total(rest))
}

/// Logits from column `j` on; −infinity past the last.
@inline(always)
private func logits(_ p: Floats, _ j: Int, _ count: Int) -> Lanes {
  let x = load(p + j)
  return count - j >= Extent.lanes ? x : select(firstLanes(count - j), x, broadcast(-.infinity))
}

/// The weight of a row whose class is `target`.
@inline(always)
private func weight(_ tile: LossTile, _ r: Int, _ target: Int) -> Double {
  let rowWeight = tile.rowWeights.map { Double($0[r]) } ?? 1
  return rowWeight * (tile.classWeights.map { Double($0[target]) } ?? 1)
}

func classLoss(_ tile: LossTile, _ classes: Integers, _ share: Double) -> LossSums {
  var sums = LossSums()
  for r in tile.rows {
    let target = Int(classes[r])
    let weight = weight(tile, r, target)
    // A row left out says nothing, whatever it holds.
    if weight == 0 { continue }
    let p = tile.prediction.start + r * tile.prediction.stride
    let softmax = softmax(p, tile.columns)
    let logarithm = logarithmOfOnePlus(broadcast(softmax.ties - 1 + softmax.rest))[0]
    var value = Double(logarithm) + (Double(softmax.largest) - Double(p[target]))
    if share != 0 {
      value = (1 - share) * value + share * rankedScore(p, tile.columns, target, softmax)
    }
    sums.loss += weight * value
    sums.weight += weight
  }
  return sums
}

func classGradient(_ tile: LossTile, _ classes: Integers, _ share: Double, _ scale: Double) {
  guard let gradient = tile.gradient else { return }
  for r in tile.rows {
    let to = gradient.start + r * gradient.stride
    let target = Int(classes[r])
    let weight = weight(tile, r, target) * scale
    if weight == 0 {
      clear(to, tile.columns)
      continue
    }
    let p = tile.prediction.start + r * tile.prediction.stride
    let softmax = softmax(p, tile.columns)
    if share != 0 {
      probabilities(p, tile.columns, softmax, 1, to)
      rankedGradient(tile.columns, target, share, weight, to)
    } else {
      probabilities(p, tile.columns, softmax, Float(weight), to)
      // 1 − probability, by the others' where they are the smaller part.
      to[target] =
        p[target] == softmax.largest
        ? Float(-weight) * ((softmax.ties - 1 + softmax.rest) / softmax.sum)
        : to[target] - Float(weight)
    }
  }
}

/// `factor` times each probability of the row.
@inline(never)
private func probabilities(
  _ p: Floats, _ count: Int, _ softmax: Softmax, _ factor: Float, _ to: Floats
) {
  let share = broadcast(factor / softmax.sum)
  let largest = broadcast(softmax.largest)
  var j = 0
  while j < count {
    store(exponential(load(p + j) - largest) * share, to + j, count - j)
    j += Extent.lanes
  }
}

/// Σ_{k < K − 1} (F[k] − 1[target ≤ k])², F the cumulative sum of the softmax.
private func rankedScore(_ p: Floats, _ count: Int, _ target: Int, _ softmax: Softmax) -> Double {
  let share = 1 / Double(softmax.sum)
  var score = 0.0
  var cumulative = 0.0
  var j = 0
  while j < count - 1 {
    let e = exponential(load(p + j) - broadcast(softmax.largest))
    for k in j..<min(j + Extent.lanes, count - 1) {
      cumulative += Double(e[k - j]) * share
      let difference = cumulative - (target <= k ? 1 : 0)
      score += difference * difference
    }
    j += Extent.lanes
  }
  return score
}

/// `weight` times the gradient of the mixed loss, in place of the probabilities: with d[k] = F[k] −
/// 1[target ≤ k], that of the score is 2·P[j]·(Σ_{j ≤ k < K − 1} d[k] − Σ_{k < K − 1} d[k]·F[k]).
private func rankedGradient(
  _ count: Int, _ target: Int, _ share: Double, _ weight: Double, _ to: Floats
) {
  var total = 0.0
  var product = 0.0
  var cumulative = 0.0
  for k in 0..<max(0, count - 1) {
    cumulative += Double(to[k])
    let difference = cumulative - (target <= k ? 1 : 0)
    total += difference
    product += difference * cumulative
  }
  // `total` shrinks to the sum from j on.
  cumulative = 0
  for j in 0..<count {
    let probability = Double(to[j])
    let score = 2 * probability * (total - product)
    let slope = (1 - share) * (j == target ? probability - 1 : probability) + share * score
    to[j] = Float(weight * slope)
    cumulative += probability
    if j < count - 1 { total -= cumulative - (target <= j ? 1 : 0) }
  }
}
