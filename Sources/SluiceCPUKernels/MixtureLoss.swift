import SluiceCPUInterface

// Quantiles around a mixture of given numbers: exponentials lane by lane, sums in double precision.

/// What ``LossFunction/mixedQuantiles(_:)`` makes of a row.
private struct Mixture {
  /// e^(score − largest) of each given number; 0 where it is missing.
  var terms: Floats
  var sum: Double
  /// Σ share · number.
  var centre: Double
}

/// One row of the tile.
private struct MixtureRow {
  var scores: Floats
  /// The numbers, K of them.
  var bases: Floats
  /// What the network adds, one for each quantile.
  var rest: Floats
  var count: Int
}

@inline(__always)
private func row(_ tile: LossTile, _ target: Floats, _ r: Int, _ levels: Int) -> MixtureRow {
  let count = tile.columns - levels
  let scores = tile.prediction.start + r * tile.prediction.stride
  return MixtureRow(
    scores: scores, bases: target + r * (count + 1) + 1, rest: scores + count, count: count)
}

/// - Parameter terms: `[K]`, rounded up to whole vectors; written.
@inline(never)
private func mix(_ row: MixtureRow, _ terms: Floats) -> Mixture {
  var top = -Float.infinity
  var bad: Float = 0
  for k in 0..<row.count {
    // Zero, or NaN where a score is not finite, even one that does not count.
    bad += row.scores[k] * 0
    if abs(row.bases[k]) < 1e30, row.scores[k] > top { top = row.scores[k] }
  }
  for k in 0..<row.count {
    terms[k] = abs(row.bases[k]) < 1e30 ? row.scores[k] - top : -.infinity
  }
  var k = 0
  while k < row.count {
    store(exponential(load(terms + k)), terms + k)
    k += Extent.lanes
  }
  var sum = 0.0
  var product = 0.0
  for k in 0..<row.count where abs(row.bases[k]) < 1e30 {
    sum += Double(terms[k])
    product += Double(terms[k]) * Double(row.bases[k])
  }
  for k in 0..<row.count where abs(row.bases[k]) >= 1e30 { terms[k] = 0 }
  return Mixture(terms: terms, sum: sum, centre: product / sum + Double(bad))
}

/// How far a quantile lies from its neighbour towards the middle, and its derivative.
@inline(__always)
private func width(_ r: Float) -> (value: Double, slope: Double) {
  let x = r + 0.5
  let tail = logarithmOfOnePlus(exponential(broadcast(-abs(x))))[0]
  // Kept NaN where x is.
  let value = (x > 0 ? x : 0) + tail
  return (1.5 * Double(value), 1.5 * Double(sigmoid(broadcast(x))[0]))
}

/// The slopes of the pinball losses of all quantiles; returns their sum.
@inline(__always)
private func pinball(
  _ row: MixtureRow, _ y: Double, _ centre: Double, _ levels: Floats, _ count: Int,
  _ body: (_ quantile: Int, _ slope: Double) -> Void
) -> Double {
  let middle = count / 2
  var loss = 0.0
  func measure(_ q: Int, _ value: Double) {
    let error = y - value
    let level = Double(levels[q])
    loss += error >= 0 ? level * error : (level - 1) * error
    body(q, error > 0 ? -level : error < 0 ? 1 - level : -error)
  }
  let median = centre + Double(row.rest[middle])
  measure(middle, median)
  var value = median
  var q = middle + 1
  while q < count {
    value += width(row.rest[q]).value
    measure(q, value)
    q += 1
  }
  value = median
  q = middle - 1
  while q >= 0 {
    value -= width(row.rest[q]).value
    measure(q, value)
    q -= 1
  }
  return loss
}

func mixtureLoss(_ tile: LossTile, _ target: Floats, _ levels: Floats, _ count: Int) -> LossSums {
  var sums = LossSums()
  withTerms(tile.columns) { terms in
    for r in tile.rows {
      let weight = tile.rowWeights.map { Double($0[r]) } ?? 1
      // A row left out says nothing, whatever it holds.
      if weight == 0 { continue }
      let row = row(tile, target, r, count)
      let mixture = mix(row, terms)
      let y = Double(target[r * (row.count + 1)])
      sums.loss += weight * pinball(row, y, mixture.centre, levels, count) { _, _ in }
      sums.weight += weight
    }
  }
  return sums
}

func mixtureGradient(
  _ tile: LossTile, _ target: Floats, _ levels: Floats, _ count: Int, _ scale: Double
) {
  guard let gradient = tile.gradient else { return }
  withTerms(tile.columns) { terms in
    for r in tile.rows {
      let to = gradient.start + r * gradient.stride
      let weight = (tile.rowWeights.map { Double($0[r]) } ?? 1) * scale
      if weight == 0 {
        clear(to, tile.columns)
        continue
      }
      let row = row(tile, target, r, count)
      let mixture = mix(row, terms)
      let y = Double(target[r * (row.count + 1)])
      let rest = to + row.count
      _ = pinball(row, y, mixture.centre, levels, count) { rest[$0] = Float($1) }
      // A width moves all quantiles on its side that lie further out.
      let middle = count / 2
      var all = Double(rest[middle])
      var side = 0.0
      for q in stride(from: count - 1, to: middle, by: -1) {
        side += Double(rest[q])
        rest[q] = Float(weight * side * width(row.rest[q]).slope)
      }
      all += side
      side = 0
      for q in 0..<middle {
        side += Double(rest[q])
        rest[q] = Float(-weight * side * width(row.rest[q]).slope)
      }
      all += side
      rest[middle] = Float(weight * all)
      for k in 0..<row.count {
        let share = Double(terms[k]) / mixture.sum
        to[k] =
          terms[k] == 0 ? 0 : Float(weight * all * share * (Double(row.bases[k]) - mixture.centre))
      }
    }
  }
}

/// Space for the terms of a row.
@inline(__always)
private func withTerms(_ columns: Int, _ body: (Floats) -> Void) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: columns + Extent.lanes) { space in
    if let start = space.baseAddress { body(start) }
  }
}
