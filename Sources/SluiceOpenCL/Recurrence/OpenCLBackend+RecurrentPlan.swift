import SluiceCompute

extension OpenCLBackend {
  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    if let plan = plans[descriptor] { return plan }
    var plan = try makePlan(descriptor)
    planFolding(descriptor, &plan)
    plans[descriptor] = plan
    return plan
  }

  private func makePlan(_ d: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    let forward = try variant(.forward, d)
    var reason = forward.description(.forward, hidden: d.hiddenSize)
    if d.isTraining {
      let backward = try variant(.backward, d).description(.backward, hidden: d.hiddenSize)
      if backward != reason { reason += "; backward \(backward)" }
    }
    if forward.kernels == .stepwise { reason = "H = \(d.hiddenSize): \(reason)" }
    return RecurrentPlan(
      strategy: forward.kernels == .stepwise ? .stepwise : .persistent, reason: reason)
  }

  /// The kernels that run a layer: those that were chosen for it, else the first of the candidates.
  func variant(_ pass: RecurrentPass, _ d: RecurrentDescriptor) throws(ComputeError)
    -> RecurrentVariant
  {
    let candidates = candidates(pass, d)
    guard let first = candidates.first else {
      throw ComputeError(
        .unsupported,
        "\(device.id) cannot run a recurrent layer: it has work-groups of "
          + "\(capabilities.workGroupSize) items and \(capabilities.localMemory >> 10) KiB of local "
          + "memory")
    }
    return candidate.map { candidates[$0 % candidates.count] } ?? first
  }

  func candidates(_ pass: RecurrentPass, _ d: RecurrentDescriptor) -> [RecurrentVariant] {
    RecurrentVariant.candidates(
      pass, hidden: d.hiddenSize, batch: d.batch,
      RecurrentLimits(
        isCPU: device.kind == .cpu, computeUnits: device.computeUnits, capabilities: capabilities,
        only: recurrentKernels))
  }
}
