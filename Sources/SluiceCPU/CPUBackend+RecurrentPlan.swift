import SluiceCompute

extension CPUBackend {
  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    if let plan = plans[descriptor] { return plan }
    let bytes = 16 * descriptor.hiddenSize * (descriptor.hiddenSize + descriptor.inputSize)
    let weights = "\((bytes + 1023) / 1024) KiB of weights"
    let cache = "the \(Processor.current.cache >> 10) KiB second-level cache"
    let plan: RecurrentPlan
    if weightsFitCache(descriptor) {
      let rows = Self.tileRows(batch: descriptor.batch)
      plan = RecurrentPlan(
        strategy: .persistent, reason: "\(rows) rows per tile, \(weights) stay in \(cache)")
    } else {
      plan = RecurrentPlan(
        strategy: .stepwise,
        reason: "H = \(descriptor.hiddenSize): \(weights) do not fit \(cache) and pass through it "
          + "at every step, for \(streamedRows(descriptor)) rows at a time")
    }
    plans[descriptor] = plan
    return plan
  }

  /// Whether both weight matrices stay near while a tile of rows runs through its steps.
  ///
  /// A constant, not the processor's cache: it decides how the weights' gradient is summed, and the
  /// same data should give the same bits on processors that differ in their caches alone.
  func weightsFitCache(_ d: RecurrentDescriptor) -> Bool {
    16 * d.hiddenSize * (d.hiddenSize + d.inputSize) <= nearWeightBytes
  }
}
