import SluiceCompute

extension CPUBackend {
  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    if let plan = plans[descriptor] { return plan }
    let bytes = 16 * descriptor.hiddenSize * descriptor.hiddenSize
    let weights = "\((bytes + 1023) / 1024) KiB of recurrent weights"
    let cache = "the \(Processor.current.cache >> 10) KiB second-level cache"
    let plan: RecurrentPlan
    if bytes <= Processor.current.cache * 3 / 4 {
      let rows = Self.tileRows(batch: descriptor.batch)
      plan = RecurrentPlan(
        strategy: .persistent, reason: "\(rows) rows per tile, \(weights) stay in \(cache)")
    } else {
      plan = RecurrentPlan(
        strategy: .stepwise,
        reason: "H = \(descriptor.hiddenSize): \(weights) do not fit \(cache)")
    }
    plans[descriptor] = plan
    return plan
  }

  /// Batch rows that stay together for all steps. Depends on the batch alone.
  static func tileRows(batch: Int) -> Int {
    batch >= 256 ? 32 : batch >= 128 ? 16 : 8
  }
}
