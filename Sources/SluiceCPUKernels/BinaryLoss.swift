import SluiceCPUInterface

// Binary cross-entropy with logits, lanes of elements at a time. Values are within units in the
// last place of a float; lanes are added up in single precision over short stretches only.

/// Elements that lie one behind the other.
private struct BinaryRun {
  var logits: Floats
  var labels: Floats
  /// One for each element, or for all of them the same.
  var weights: Floats?
  var weight: Float
  var count: Int
}

extension LossTile {
  /// The tile's elements in as few runs as can be; with the gradient's place.
  @inline(always)
  fileprivate func forRuns(_ labels: Floats, _ body: (BinaryRun, Floats?) -> Void) {
    let isFlat =
      prediction.stride == columns && (gradient?.stride ?? columns) == columns
      && (columns == 1 || rowWeights == nil)
    let first = rows.lowerBound
    for r in isFlat ? first..<min(first + 1, rows.upperBound) : rows {
      body(
        BinaryRun(
          logits: prediction.start + r * prediction.stride, labels: labels + r * columns,
          weights: isFlat ? rowWeights.map { $0 + r } : nil,
          weight: isFlat ? 1 : rowWeights?[r] ?? 1,
          count: isFlat ? rows.count * columns : columns),
        gradient.map { $0.start + r * $0.stride })
    }
  }
}

func binaryLoss(_ tile: LossTile, _ labels: Floats, _ positiveWeight: Float) -> LossSums {
  var sums = LossSums()
  tile.forRuns(labels) { run, _ in
    if run.weights == nil && run.weight == 0 { return }
    var j = 0
    while j < run.count {
      let (loss, weight) = stretch(run, &j, positiveWeight)
      for lane in 0..<Extent.lanes {
        sums.loss += Double(loss[lane])
        sums.weight += Double(weight[lane])
      }
    }
  }
  return sums
}

/// Up to sixteen vectors from element `j` on.
@inline(never)
private func stretch(_ run: BinaryRun, _ j: inout Int, _ positiveWeight: Float) -> (Lanes, Lanes) {
  var loss = Lanes()
  var total = Lanes()
  let positive = broadcast(positiveWeight)
  let end = min(run.count, j + 16 * Extent.lanes)
  while j < end {
    let weight = weights(run, j)
    let isOut = weight .== broadcast(0)
    let value = weight * entropy(load(run.logits + j), load(run.labels + j), positive)
    // An element left out says nothing, whatever it holds.
    loss += select(isOut, broadcast(0), value)
    total += weight
    j += Extent.lanes
  }
  return (loss, total)
}

/// The elements' weights from `j` on; zero past the run's end.
@inline(always)
private func weights(_ run: BinaryRun, _ j: Int) -> Lanes {
  let weight = run.weights.map { load($0 + j) } ?? broadcast(run.weight)
  let left = run.count - j
  return left >= Extent.lanes ? weight : select(firstLanes(left), weight, broadcast(0))
}

@inline(always)
private func entropy(_ p: Lanes, _ y: Lanes, _ positiveWeight: Lanes) -> Lanes {
  // log(1 + e^−|p|) never overflows.
  let tail = logarithmOfOnePlus(exponential(negativeMagnitude(p)))
  let complementLog = rectified(p) + tail
  let negativeLog = rectified(broadcast(0) - p) + tail
  let value = (broadcast(1) - y) * complementLog
  return select(y .== broadcast(0), value, multiplyAdd(positiveWeight * y, negativeLog, value))
}

func binaryGradient(
  _ tile: LossTile, _ labels: Floats, _ positiveWeight: Float, _ scale: Double
) {
  tile.forRuns(labels) { run, to in
    if let to { differentiate(run, broadcast(positiveWeight), broadcast(Float(scale)), to) }
  }
}

@inline(never)
private func differentiate(_ run: BinaryRun, _ positive: Lanes, _ scale: Lanes, _ to: Floats) {
  var j = 0
  while j < run.count {
    let weight = weights(run, j) * scale
    let p = load(run.logits + j)
    let y = load(run.labels + j)
    let z = exponential(negativeMagnitude(p))
    let larger = broadcast(1) / (broadcast(1) + z)
    let smaller = z * larger
    let isPositive = p .>= broadcast(0)
    let probability = select(isPositive, larger, smaller)
    let complement = select(isPositive, smaller, larger)
    let slope = (broadcast(1) - y) * probability - positive * y * complement
    let value = select(weight .== broadcast(0), broadcast(0), weight * slope)
    store(value, to + j, run.count - j)
    j += Extent.lanes
  }
}

/// −|x|.
@inline(always)
private func negativeMagnitude(_ x: Lanes) -> Lanes {
  unsafeBitCast(
    unsafeBitCast(x, to: LaneBits.self) | LaneBits(repeating: 0x8000_0000), to: Lanes.self)
}
