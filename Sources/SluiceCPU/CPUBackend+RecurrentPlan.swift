import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    if let plan = plans[descriptor] { return plan }
    _ = try descriptor.cell.kernel()
    let bytes = weightBytes(descriptor)
    let weights = "\((bytes + 1023) / 1024) KiB of weights"
    let cache = "the \(Processor.current.cache >> 10) KiB second-level cache"
    var plan: RecurrentPlan
    if weightsFitCache(descriptor) {
      let rows = Self.tileRows(batch: descriptor.batch)
      plan = RecurrentPlan(
        strategy: .persistent, reason: "\(rows) rows per tile, \(weights) stay in \(cache)")
    } else {
      plan = RecurrentPlan(
        strategy: .stepwise,
        reason: "H = \(descriptor.hiddenSize): \(weights) do not fit \(cache) and pass through it "
          + "at every step, for \(freeRows(descriptor)) rows at a time")
    }
    planFolding(descriptor, &plan)
    plans[descriptor] = plan
    return plan
  }

  private func planFolding(_ d: RecurrentDescriptor, _ plan: inout RecurrentPlan) {
    guard let vocabulary = d.vocabulary else { return }
    let least = RecurrentDescriptor.leastFold
    guard d.inputSize > least else {
      plan.folding = .never
      plan.reason +=
        "; the embedding of C = \(d.inputSize) columns does not fold, which pays from "
        + "\(least + 1) on"
      return
    }
    let share = 1 - Double(least) / Double(d.inputSize)
    plan.folding = .upTo(share: share)
    plan.reason +=
      "; the embedding folds into each batch whose different tokens are at most "
      + "\(Int(share * 100)) % of all its tokens"
    let places = d.steps * d.batch
    if d.folds(places: places, distinctTokens: min(vocabulary, places)) {
      plan.reason += ", so into every one that fills T·N = \(places) places: V = \(vocabulary)"
    }
  }

  /// Whether both weight matrices stay near while a tile of rows runs through its steps.
  ///
  /// A constant, not the processor's cache: it decides how the weights' gradient is summed, and the
  /// same data should give the same bits on processors that differ in their caches alone.
  func weightsFitCache(_ d: RecurrentDescriptor) -> Bool {
    weightBytes(d) <= nearWeightBytes
  }

  /// Of both weight matrices.
  private func weightBytes(_ d: RecurrentDescriptor) -> Int {
    4 * d.cell.gateCount * d.hiddenSize * (d.hiddenSize + d.inputSize)
  }

  /// Batch rows that stay together for all steps, and whose share of the weights' gradient is
  /// summed on its own. Depends on the batch alone: at most 16 tiles, of 8 rows or more; up to 8 rows
  /// two, so that two threads share them.
  static func tileRows(batch: Int) -> Int {
    batch <= 8 ? 4 : max(8, min(32, (batch + 63) / 64 * 8), (batch + 127) / 128 * 8)
  }

  /// Batch rows that a thread takes through all steps where no row's result depends on its
  /// neighbours, so that the number of threads may have its say: more where the weights pass through
  /// the cache, so that they pass seldom.
  func freeRows(_ d: RecurrentDescriptor) -> Int {
    let share = (d.batch + threads.count - 1) / threads.count
    return share <= 4 ? 4 : min(weightsFitCache(d) ? 32 : 64, (share + 7) / 8 * 8)
  }
}

extension RecurrentCell {
  /// Whose kernels run.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported` for a cell that has none here.
  func kernel() throws(ComputeError) -> CellKernel {
    guard let kernel = CellKernel(rawValue: rawValue) else {
      throw ComputeError(.unsupported, "the CPU has no kernels for \(title)")
    }
    return kernel
  }

  var extents: CellExtents { CellExtents(gates: gateCount, separate: separateGateCount) }
}
