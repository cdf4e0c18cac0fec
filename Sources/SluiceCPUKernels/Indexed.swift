import SluiceCPUInterface

/// The position of the first index outside `0 ..< limit`, or −1.
func firstOutside(_ start: Integers, _ count: Int, _ limit: Int) -> Int {
  for r in 0..<count where start[r] < 0 || Int(start[r]) >= limit { return r }
  return -1
}

func gather(_ tile: GatherTile) {
  for r in tile.rows {
    let from = tile.source + Int(tile.indices[r]) * tile.columns
    let to = tile.output.start + r * tile.output.stride
    if tile.indices[r] == tile.ignored {
      if !tile.accumulate { clear(to, tile.columns) }
      continue
    }
    var j = 0
    while j < tile.columns {
      let value = load(from + j)
      store(tile.accumulate ? load(to + j) + value : value, to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

func scatter(_ tile: ScatterTile) {
  for r in 0..<tile.count {
    let index = Int(tile.indices[r])
    if index & (tile.parts - 1) != tile.part || index == Int(tile.ignored) { continue }
    let from = tile.input.start + r * tile.input.stride
    let to = tile.output + index * tile.columns
    var j = 0
    while j < tile.columns {
      store(load(to + j) + load(from + j), to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

func sumRows(_ tile: RowSumTile) {
  for u in tile.rows {
    let places = Int(tile.starts[u])..<Int(tile.starts[u + 1])
    let to = tile.output.start + u * tile.output.stride
    var j = 0
    while j + 8 * Extent.lanes <= tile.columns {
      sumEightVectors(tile, places, j, to + j)
      j += 8 * Extent.lanes
    }
    while j < tile.columns {
      var total = Lanes()
      for i in places { total += load(row(tile, i) + j) }
      store(total, to + j, tile.columns - j)
      j += Extent.lanes
    }
  }
}

@inline(__always)
private func row(_ tile: RowSumTile, _ i: Int) -> Floats {
  tile.input.start + Int(tile.positions[i]) * tile.input.stride
}

/// Sums that stay in registers: rows far apart are then fetched while others are added.
@inline(never)
private func sumEightVectors(_ tile: RowSumTile, _ places: Range<Int>, _ j: Int, _ to: Floats) {
  let lanes = Extent.lanes
  var a = Lanes(), b = Lanes(), c = Lanes(), d = Lanes()
  var e = Lanes(), f = Lanes(), g = Lanes(), h = Lanes()
  for i in places {
    let p = row(tile, i) + j
    a += load(p)
    b += load(p + lanes)
    c += load(p + 2 * lanes)
    d += load(p + 3 * lanes)
    e += load(p + 4 * lanes)
    f += load(p + 5 * lanes)
    g += load(p + 6 * lanes)
    h += load(p + 7 * lanes)
  }
  store(a, to)
  store(b, to + lanes)
  store(c, to + 2 * lanes)
  store(d, to + 3 * lanes)
  store(e, to + 4 * lanes)
  store(f, to + 5 * lanes)
  store(g, to + 6 * lanes)
  store(h, to + 7 * lanes)
}

func gatherWindows(_ tile: WindowTile) {
  for k in tile.steps {
    for n in 0..<tile.batch {
      let series = tile.series.map { Int($0[n]) } ?? 0
      let step = Int(tile.starts[n]) + tile.offset + k
      let from = tile.source + (series * tile.sourceSteps + step) * tile.features
      let to = tile.output.start + (k * tile.batch + n) * tile.output.stride
      let shift = tile.shift.map { $0[n] } ?? 0
      for f in 0..<tile.features { to[f] = (from[f] - shift) * tile.scale }
    }
  }
}

func pool(_ tile: PoolTile) {
  for n in tile.rows {
    let steps = tile.lengths.map { Int($0[n]) } ?? tile.steps
    let to = tile.output.start + n * tile.output.stride
    if steps == 0 {
      clear(to, tile.columns)
      if let winners = tile.winners {
        for j in 0..<tile.columns { winners[n * tile.columns + j] = -1 }
      }
      continue
    }
    let from = tile.input.start + n * tile.input.stride
    let stepStride = tile.batch * tile.input.stride
    switch tile.kind {
    case .last:
      for j in 0..<tile.columns { to[j] = from[(steps - 1) * stepStride + j] }
    case .first:
      for j in 0..<tile.columns { to[j] = from[j] }
    case .mean:
      var j = 0
      while j < tile.columns {
        var total = Lanes()
        for t in 0..<steps { total += load(from + t * stepStride + j) }
        store(total / broadcast(Float(steps)), to + j, tile.columns - j)
        j += Extent.lanes
      }
    case .max:
      for j in 0..<tile.columns {
        var best = from[j]
        var winner: Int32 = 0
        for t in 1..<max(1, steps) {
          let value = from[t * stepStride + j]
          // A NaN wins and stays, so that it surfaces.
          if value > best || (value.isNaN && !best.isNaN) {
            best = value
            winner = Int32(truncatingIfNeeded: t)
          }
        }
        to[j] = best
        if let winners = tile.winners { winners[n * tile.columns + j] = winner }
      }
    }
  }
}

func poolGradient(_ tile: PoolGradientTile) {
  for n in tile.rows {
    let steps = tile.lengths.map { Int($0[n]) } ?? tile.steps
    let from = tile.outputGradient.start + n * tile.outputGradient.stride
    for t in 0..<tile.steps {
      let to = tile.inputGradient.start + (t * tile.batch + n) * tile.inputGradient.stride
      if !tile.accumulate { clear(to, tile.columns) }
      guard t < steps else { continue }
      switch tile.kind {
      case .last:
        if t == steps - 1 { for j in 0..<tile.columns { to[j] += from[j] } }
      case .first:
        if t == 0 { for j in 0..<tile.columns { to[j] += from[j] } }
      case .mean:
        let share = 1 / Float(steps)
        for j in 0..<tile.columns { to[j] += from[j] * share }
      case .max:
        guard let winners = tile.winners else { continue }
        for j in 0..<tile.columns where Int(winners[n * tile.columns + j]) == t { to[j] += from[j] }
      }
    }
  }
}
