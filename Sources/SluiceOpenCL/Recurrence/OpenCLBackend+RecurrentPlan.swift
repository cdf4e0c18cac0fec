import COpenCL
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
    var reason = forward.description(.forward, d.cell, hidden: d.hiddenSize)
    if d.isTraining {
      let backward = try variant(.backward, d)
        .description(.backward, d.cell, hidden: d.hiddenSize)
      if backward != reason { reason += "; backward \(backward)" }
    }
    if RecurrentPass.allCases.contains(where: {
      kernelChoices.names[RecurrentPurpose($0, d).description] != nil
    }) {
      reason += "; measured here"
    }
    if forward.kernels == .stepwise { reason = "H = \(d.hiddenSize): \(reason)" }
    return RecurrentPlan(
      strategy: forward.kernels == .stepwise ? .stepwise : .persistent, reason: reason)
  }

  /// The kernels that run a layer: those that were chosen for it, else the first of the candidates.
  func variant(_ pass: RecurrentPass, _ d: RecurrentDescriptor) throws(ComputeError)
    -> RecurrentVariant
  {
    let purpose = RecurrentPurpose(pass, d)
    if candidate == nil, let known = variants[purpose] { return known }
    let candidates = candidates(pass, d)
    guard let first = candidates.first else {
      throw ComputeError(
        .unsupported,
        "\(device.id) cannot run a recurrent layer: it has work-groups of "
          + "\(capabilities.workGroupSize) items and \(capabilities.localMemory >> 10) KiB of local "
          + "memory")
    }
    if let candidate { return candidates[candidate % candidates.count] }
    let chosen = kernelChoices.names[purpose.description].flatMap { name in
      candidates.first { $0.name == name }
    }
    let wanted = [chosen].compactMap { $0 } + candidates
    let variant = wanted.first { canRun($0, pass, d) } ?? first
    variants[purpose] = variant
    return variant
  }

  /// Whether the driver takes a variant. One that needs many registers may be refused where a device has
  /// fewer of them than its largest group needs; the plan then says what runs instead.
  private func canRun(_ variant: RecurrentVariant, _ pass: RecurrentPass, _ d: RecurrentDescriptor)
    -> Bool
  {
    guard case .registers(let tile) = variant, !isProcessor else { return true }
    // Waits for its program.
    guard
      let kernel = try? kernels.kernel(tile.kernel(pass, d.cell, hidden: d.hiddenSize)).handle()
    else { return false }
    var items = 0
    let status = session.functions.getKernelWorkGroupInfo(
      kernel, session.device.handle, cl_uint(CL_KERNEL_WORK_GROUP_SIZE),
      MemoryLayout<Int>.size, &items, nil)
    return status != CL_SUCCESS || items >= RegisterTile.items(d.hiddenSize)
  }

  func candidates(_ pass: RecurrentPass, _ d: RecurrentDescriptor) -> [RecurrentVariant] {
    RecurrentVariant.candidates(
      pass, d.cell, hidden: d.hiddenSize, batch: d.batch,
      RecurrentLimits(
        isCPU: isProcessor, computeUnits: device.computeUnits, capabilities: capabilities,
        only: recurrentKernels))
  }
}

/// What a choice of kernels holds for.
struct RecurrentPurpose: Hashable, CustomStringConvertible {
  private let cell: RecurrentCell
  private let pass: RecurrentPass
  private let steps: Int
  private let batch: Int
  private let hidden: Int

  init(_ pass: RecurrentPass, _ d: RecurrentDescriptor) {
    cell = d.cell
    self.pass = pass
    steps = d.steps
    batch = d.batch
    hidden = d.hiddenSize
  }

  var description: String { "\(cell.rawValue) \(pass.rawValue) T \(steps) N \(batch) H \(hidden)" }
}
