import SluiceCompute
import SluiceNN

/// Draws batches of windows: every series alike, every start alike among those that leave room for
/// the history before and the horizon after. A pure function of the seed and the step.
struct SalesSampler {
  let seed: UInt64
  let batchSize: Int
  /// The first and the last start that a window of each series may have. None is empty.
  let starts: [ClosedRange<Int>]
  /// For every series column, the row of its embedding of each series.
  let keyIndices: [[Int32]]
  /// The share of windows whose series is hidden.
  let unknownRate: Float

  /// The windows of a batch.
  func windows(step: Int, microBatch: Int) -> SalesWindows {
    let stream = RandomStream(
      seed: seed, stream: RandomStream.samplers + UInt32(microBatch), step: UInt32(step))
    var generator = PhiloxGenerator(stream)
    let average = Int32(starts.count)
    var windows = SalesWindows(
      history: [], series: [], starts: [], keys: keyIndices.map { _ in [] })
    for _ in 0..<batchSize {
      let series = generator.index(below: starts.count)
      let range = starts[series]
      windows.series.append(Int32(series))
      windows.starts.append(Int32(range.lowerBound + generator.index(below: range.count)))
      for column in keyIndices.indices {
        let hidden = generator.uniform() < unknownRate
        windows.keys[column].append(hidden ? 0 : keyIndices[column][series])
      }
      let losesHistory = generator.uniform() < unknownRate / 2
      windows.history.append(losesHistory ? average : Int32(series))
    }
    return windows
  }
}
