import SluiceCPUInterface

extension Kernels {
  package static func pool(
    _ kind: PoolKind, _ input: FloatRows, steps: Int, batch: Int, columns: Int,
    lengths: Integers?, into output: FloatRows, winners: Integers?, rows: Range<Int>
  ) {
    for n in rows {
      let steps = lengths.map { Int($0[n]) } ?? steps
      let to = output.start + n * output.stride
      if steps == 0 {
        clear(to, columns)
        if let winners {
          for j in 0..<columns { winners[n * columns + j] = -1 }
        }
        continue
      }
      let from = input.start + n * input.stride
      let stepStride = batch * input.stride
      switch kind {
      case .last:
        for j in 0..<columns { to[j] = from[(steps - 1) * stepStride + j] }
      case .first:
        for j in 0..<columns { to[j] = from[j] }
      case .mean:
        var j = 0
        while j < columns {
          var total = Lanes()
          for t in 0..<steps { total += load(from + t * stepStride + j) }
          store(total / broadcast(Float(steps)), to + j, columns - j)
          j += Extent.lanes
        }
      case .max:
        for j in 0..<columns {
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
          if let winners { winners[n * columns + j] = winner }
        }
      }
    }
  }

  package static func poolGradient(
    _ kind: PoolKind, outputGradient: FloatRows, steps: Int, batch: Int, columns: Int,
    lengths: Integers?, winners: Integers?, into inputGradient: FloatRows, rows: Range<Int>,
    accumulate: Bool
  ) {
    for n in rows {
      let length = lengths.map { Int($0[n]) } ?? steps
      let from = outputGradient.start + n * outputGradient.stride
      for t in 0..<steps {
        let to = inputGradient.start + (t * batch + n) * inputGradient.stride
        if !accumulate { clear(to, columns) }
        guard t < length else { continue }
        switch kind {
        case .last:
          if t == length - 1 { for j in 0..<columns { to[j] += from[j] } }
        case .first:
          if t == 0 { for j in 0..<columns { to[j] += from[j] } }
        case .mean:
          let share = 1 / Float(length)
          for j in 0..<columns { to[j] += from[j] * share }
        case .max:
          guard let winners else { continue }
          for j in 0..<columns where Int(winners[n * columns + j]) == t { to[j] += from[j] }
        }
      }
    }
  }
}
