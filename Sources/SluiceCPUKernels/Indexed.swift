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
