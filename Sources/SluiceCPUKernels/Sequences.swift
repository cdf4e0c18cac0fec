import SluiceCPUInterface

func gatherSequences(_ tile: SequenceTile) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16) { memory in
    guard let start = UnsafeMutableRawPointer(memory.baseAddress) else { return }
    let words = start.assumingMemoryBound(to: UInt32.self)
    var i = tile.elements.lowerBound
    var n = i % tile.batch
    var t = i / tile.batch
    while i < tile.elements.upperBound {
      let count = min(32, tile.elements.upperBound - i)
      if tile.threshold > 0 {
        eightBlocks(tile.key, tile.step, tile.stream, UInt64(i) >> 2, words)
      }
      for k in 0..<count {
        var token = tile.padding
        if t < Int(tile.lengths[n]) {
          let isDropped = tile.threshold > 0 && words[k] < tile.threshold
          let place = Int(tile.offsets[Int(tile.documents[n])]) + t
          token = isDropped ? tile.replacement : tile.source[place]
        }
        tile.output[i + k] = token
        n += 1
        if n == tile.batch {
          n = 0
          t += 1
        }
      }
      i += count
    }
  }
}
