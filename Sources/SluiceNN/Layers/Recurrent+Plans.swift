import SluiceCompute

extension Recurrent {
  /// How a back end runs one layer-direction of the stack.
  public struct LayerPlan: Sendable, CustomStringConvertible {
    /// For example `encoder l0`, `encoder l1 reverse`.
    public let name: String
    /// What the back end was asked.
    public let descriptor: RecurrentDescriptor
    /// How it runs that.
    public let plan: RecurrentPlan

    /// `encoder l0, LSTM: persistent (…)`.
    public var description: String {
      "\(name), \(descriptor.cell.title): \(plan.strategy.rawValue) (\(plan.reason))"
    }
  }

  /// How `backend` would run the stack on sequences of this length and number, and why so: one
  /// entry for each layer-direction, ordered as ``Output/states``.
  ///
  /// - Parameters:
  ///   - steps: T
  ///   - batch: N
  ///   - vocabulary: V where the stack reads tokens through an embedding; nil: its input is dense.
  ///   - unfolded: What stands between an embedding and the stack, so that it cannot fold; nil where
  ///     nothing does, or there is none.
  /// - Throws: ``ComputeError`` with `.unsupported`.
  public func plans(
    on backend: any Backend, steps: Int, batch: Int, vocabulary: Int? = nil,
    unfolded: String? = nil, hasLengths: Bool = false, isTraining: Bool = true
  ) throws -> [LayerPlan] {
    var plans: [LayerPlan] = []
    for (layer, directions) in self.directions.enumerated() {
      for direction in directions {
        let descriptor = descriptor(
          direction, steps: steps, batch: batch, vocabulary: layer == 0 ? vocabulary : nil,
          hasLengths: hasLengths, isTraining: isTraining)
        var plan = try backend.plan(for: descriptor)
        if layer == 0, let unfolded {
          plan.folding = .never
          plan.reason += "; the embedding does not fold: \(unfolded)"
        }
        plans.append(
          LayerPlan(
            name: "\(name) l\(layer)" + (direction.direction == .reverse ? " reverse" : ""),
            descriptor: descriptor, plan: plan))
      }
    }
    return plans
  }

  func descriptor(
    _ direction: Direction, steps: Int, batch: Int, vocabulary: Int?, hasLengths: Bool,
    isTraining: Bool
  ) -> RecurrentDescriptor {
    RecurrentDescriptor(
      cell: cell, steps: steps, batch: batch, inputSize: direction.inputSize,
      vocabulary: vocabulary,
      hiddenSize: hiddenSize,
      direction: direction.direction, hasLengths: hasLengths,
      hasRecurrentDropout: isTraining && recurrentDropout > 0, isTraining: isTraining)
  }
}

extension [Recurrent.LayerPlan] {
  /// Refuses a plan that has lost the fast path.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported`, naming the first such layer and the reason.
  public func requirePersistent() throws(ComputeError) {
    guard let lost = first(where: { $0.plan.strategy != .persistent }) else { return }
    throw ComputeError(
      .unsupported, "\(lost.name) would run \(lost.plan.strategy.rawValue): \(lost.plan.reason)",
      remedy: "Choose fewer hidden units or another device, or leave out `require_persistent`.")
  }
}
