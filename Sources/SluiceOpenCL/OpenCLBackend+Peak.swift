import SluiceCompute

extension OpenCLBackend: PeakMeasuring {
  public func measurePeak() throws(ComputeError) -> Double {
    // Enough items to fill any device of today, chains long enough that a launch counts for little.
    let items = max(1, device.computeUnits) * 4096
    let output = try makeTensor([items])
    let clock = ContinuousClock()
    var length = 64
    var best = 0.0
    var round = 0
    while round < 8 {
      let start = clock.now
      try multiplyAddChains(into: output, length: length)
      try synchronize()
      let duration = (clock.now - start) / .seconds(1)
      // The first ones compile, and find out how long a launch has to be.
      if duration < 0.005, length < 1 << 20 {
        length *= 4
        continue
      }
      best = max(best, 2 * 128 * Double(items) * Double(length) / duration)
      round += 1
    }
    return best
  }

  /// Every one of an item's 128 chains goes to 2, whatever it began with: their sum to 256.
  func multiplyAddChains(into output: Tensor, length: Int) throws(ComputeError) {
    try launch(
      "multiply_add_chains", groups: [output.count / 64], local: [64],
      [
        "output": .tensor(output), "length": .int(length), "factor": .float(0.5),
        "addend": .float(1),
      ])
  }
}
