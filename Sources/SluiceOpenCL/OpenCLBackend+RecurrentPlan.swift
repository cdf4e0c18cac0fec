import SluiceCompute

/// How a persistent recurrence is laid out over work-groups.
struct PersistentShape: Hashable {
  /// Items along the units: H rounded up to a whole bundle.
  var units: Int
  /// Items along the batch.
  var lanes: Int
  /// Batch rows per item.
  var rows: Int
  /// Whether the recurrent weights fit into local memory beside the state.
  var forwardIsLocal: Bool
  var backwardIsLocal: Bool

  /// Batch rows per group.
  var groupRows: Int { lanes * rows }

  /// What NVIDIA's and AMD's hardware runs in step.
  static let bundle = 32

  /// As many rows to a group as keep every compute unit busy; nil where it does not fit at all.
  init?(hidden: Int, batch: Int, computeUnits: Int, _ capabilities: OpenCLCapabilities) {
    units = (hidden + Self.bundle - 1) / Self.bundle * Self.bundle
    let items = min(256, capabilities.workGroupSize)
    guard units <= items else { return nil }
    let depth = Self.depth(hidden)
    // Powers of two, so that few kernels are compiled. The result does not depend on it.
    var groupRows = 1
    while groupRows < 16, groupRows * max(1, computeUnits) < batch { groupRows *= 2 }
    let space = capabilities.localMemory
    while groupRows > 1, 16 * groupRows * hidden > space - 64 { groupRows /= 2 }
    guard 16 * groupRows * hidden <= space - 64 else { return nil }
    rows = min(groupRows, 4)
    lanes = groupRows / rows
    while units * lanes > items {
      lanes /= 2
      rows *= 2
    }
    forwardIsLocal = 16 * depth * hidden + 8 * groupRows * depth <= space - 64
    backwardIsLocal = 16 * hidden * hidden + 16 * groupRows * hidden <= space - 64
  }

  /// H rounded up to whole float4.
  static func depth(_ hidden: Int) -> Int { (hidden + 3) / 4 * 4 }
}

extension OpenCLBackend {
  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    if let plan = plans[descriptor] { return plan }
    var plan = makePlan(descriptor)
    planFolding(descriptor, &plan)
    plans[descriptor] = plan
    return plan
  }

  private func makePlan(_ d: RecurrentDescriptor) -> RecurrentPlan {
    let bytes = 16 * d.hiddenSize * d.hiddenSize
    let weights = "\((bytes + 1023) / 1024) KiB of recurrent weights"
    guard let shape = persistentShape(d) else {
      let why =
        d.hiddenSize > largestPersistent
        ? "\(weights) are too many to stream through one work-group a step"
        : "work-groups of \(capabilities.workGroupSize) items and "
          + "\(capabilities.localMemory >> 10) KiB of local memory are too small"
      return RecurrentPlan(strategy: .stepwise, reason: "H = \(d.hiddenSize): \(why)")
    }
    let place =
      switch (shape.forwardIsLocal, shape.backwardIsLocal || !d.isTraining) {
      case (true, true): "stay in local memory"
      case (true, false): "stay in local memory forward, stream from the cache backward"
      case (false, true): "stream from the cache forward, stay in local memory backward"
      case (false, false): "stream from the cache"
      }
    return RecurrentPlan(
      strategy: .persistent,
      reason: "\(shape.groupRows) row\(shape.groupRows == 1 ? "" : "s") per group, "
        + "\(weights) \(place)")
  }

  func persistentShape(_ d: RecurrentDescriptor) -> PersistentShape? {
    guard d.hiddenSize <= largestPersistent else { return nil }
    return PersistentShape(
      hidden: d.hiddenSize, batch: d.batch, computeUnits: device.computeUnits, capabilities)
  }

  /// Enqueues a kernel of lstm_persistent.cl, a group for every tile of batch rows.
  func launch(
    _ name: String, _ shape: PersistentShape, batch: Int, isLocal: Bool,
    _ arguments: KernelArguments
  ) throws(ComputeError) {
    try launch(
      KernelName(name, ["ROWS": shape.rows, "WEIGHTS_LOCAL": isLocal ? 1 : 0]),
      groups: [1, (batch + shape.groupRows - 1) / shape.groupRows],
      local: [shape.units, shape.lanes], arguments)
  }
}
