import SluiceCPUInterface

extension Kernels {
  package static func firstOutside(_ start: Integers, _ count: Int, below limit: Int) -> Int {
    for r in 0..<count where start[r] < 0 || Int(start[r]) >= limit { return r }
    return -1
  }

  package static func firstDisorder(_ start: Integers, _ count: Int) -> Int {
    // Without a way out of the loop, so that it becomes vectors.
    var descents: Int32 = 0
    for i in 1..<max(1, count) { descents |= start[i] < start[i - 1] ? 1 : 0 }
    if descents == 0 { return -1 }
    for i in 1..<count where start[i] < start[i - 1] { return i }
    return -1
  }

  package static func gather(
    _ source: Floats, indices: Integers, into output: FloatRows, columns: Int, rows: Range<Int>,
    ignoring ignored: Int32, accumulate: Bool
  ) {
    for r in rows {
      let to = output.start + r * output.stride
      if indices[r] == ignored {
        if !accumulate { clear(to, columns) }
        continue
      }
      move(source + Int(indices[r]) * columns, to, columns, accumulate: accumulate)
    }
  }

  package static func scatter(
    _ input: FloatRows, indices: Integers, count: Int, into output: Floats, columns: Int,
    part: Int, of parts: Int, ignoring ignored: Int32
  ) {
    for r in 0..<count {
      let index = Int(indices[r])
      if index & (parts - 1) != part || index == Int(ignored) { continue }
      move(input.start + r * input.stride, output + index * columns, columns, accumulate: true)
    }
  }

  package static func gatherWindows(
    _ source: Floats, sourceSteps: Int, features: Int, series: Integers?, starts: Integers,
    offset: Int, shift: Floats?, scale: Float, into output: FloatRows, batch: Int,
    steps: Range<Int>
  ) {
    for k in steps {
      for n in 0..<batch {
        let series = series.map { Int($0[n]) } ?? 0
        let step = Int(starts[n]) + offset + k
        let from = source + (series * sourceSteps + step) * features
        let to = output.start + (k * batch + n) * output.stride
        let shift = shift.map { $0[n] } ?? 0
        for f in 0..<features { to[f] = (from[f] - shift) * scale }
      }
    }
  }

  package static func gatherSequences(
    _ source: Integers, offsets: Integers, documents: Integers, lengths: Integers,
    into output: Integers, batch: Int, padding: Int32, replacement: Int32, words: DropoutWords?,
    elements: Range<Int>
  ) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16) { memory in
      guard let start = UnsafeMutableRawPointer(memory.baseAddress) else { return }
      let drawn = start.assumingMemoryBound(to: UInt32.self)
      var i = elements.lowerBound
      var n = i % batch
      var t = i / batch
      while i < elements.upperBound {
        let count = min(32, elements.upperBound - i)
        if let words { words.eightBlocks(UInt64(i) >> 2, into: drawn) }
        for k in 0..<count {
          var token = padding
          if t < Int(lengths[n]) {
            let isDropped = words.map { drawn[k] < $0.threshold } ?? false
            let place = Int(offsets[Int(documents[n])]) + t
            token = isDropped ? replacement : source[place]
          }
          output[i + k] = token
          n += 1
          if n == batch {
            n = 0
            t += 1
          }
        }
        i += count
      }
    }
  }
}
