import SluiceCompute
import SluicePlatform

extension OpenCLBackend {
  public func execute(_ operation: Loss) throws(ComputeError) {
    if operation.function.takesClasses {
      try softmaxLoss(operation)
    } else {
      try elementLoss(operation)
    }
  }

  private func elementLoss(_ operation: Loss) throws(ComputeError) {
    let prediction = operation.prediction
    let (kind, parameter) = operation.function.code
    var quantiles: DeviceMemory?
    if case .quantile(let values) = operation.function {
      quantiles = try constant(values.map(\.bitPattern))
    }
    let common: [KernelArgument] = [
      .int(kind), .float(parameter), .rows(prediction), .tensor(operation.target),
      .tensor(operation.rowWeights), .memory(quantiles), .int(prediction.columns),
      .int(prediction.count),
    ]
    if prediction.count <= 4096 {
      return try launch(
        KernelName("loss", "loss_elements_once"), groups: [1], local: [256],
        common + [
          .tensor(operation.statistics), .float(operation.gradientScale),
          .rows(operation.gradient),
        ])
    }
    let parts = (prediction.count + 2047) / 2048
    let partials = try pool.take(2 * parts)
    if parts > 0 {
      try launch(
        KernelName("loss", "loss_elements"), groups: [parts], local: [256],
        common + [.memory(partials)])
    }
    try sumPartials(partials, parts: parts, columns: 2, into: operation.statistics)
    guard let gradient = operation.gradient else { return }
    try launch(
      KernelName("loss", "loss_elements_gradient"), count: prediction.count,
      common + [
        .tensor(operation.statistics), .float(operation.gradientScale), .rows(gradient),
      ])
  }

  private func softmaxLoss(_ operation: Loss) throws(ComputeError) {
    let prediction = operation.prediction
    let common: [KernelArgument] = [
      .float(operation.function.code.parameter), .rows(prediction), .tensor(operation.target),
      .tensor(operation.rowWeights), .tensor(operation.classWeights), .int(prediction.columns),
      .int(prediction.rows),
    ]
    let parts = (prediction.rows + 255) / 256
    let partials = try pool.take(2 * parts)
    if parts > 0 {
      try launch(
        KernelName("loss", "loss_softmax"), groups: [parts], local: [256],
        common + [.memory(partials), .memory(fault)])
    }
    try sumPartials(partials, parts: parts, columns: 2, into: operation.statistics)
    guard let gradient = operation.gradient else { return }
    try launch(
      KernelName("loss", "loss_softmax_gradient"), count: prediction.rows,
      common + [
        .tensor(operation.statistics), .float(operation.gradientScale), .rows(gradient),
        .memory(fault),
      ])
  }

  public func execute(_ operation: OptimizerStep) throws(ComputeError) {
    let rule = operation.rule
    let constants = rule.constants
    let corrections = rule.corrections(step: operation.step)
    try launch(
      // At least one item: it notes a norm that is not finite.
      KernelName("optimizer", "optimizer_step"), count: max(1, operation.weights.count),
      [
        .int(rule.algorithm.rawValue), .tensor(operation.weights), .tensor(operation.gradients),
        .tensor(operation.moments.first), .tensor(operation.moments.dropFirst().first),
        .tensor(operation.squaredNorm), .tensor(operation.losses),
        .int(operation.losses?.count ?? 0), .tensor(operation.halt),
        .float(operation.clipNorm ?? -1), .memory(try table(operation.groups)),
        .int(operation.groups.count), .int(operation.weights.count),
        .float(operation.learningRate), .float(constants[0]), .float(constants[1]),
        .float(constants[2]), .float(corrections[0]), .float(corrections[1]),
      ])
  }

  /// The groups as optimizer.cl takes them.
  private func table(_ groups: [ParameterGroup]) throws(ComputeError) -> DeviceMemory {
    var words: [UInt32] = []
    for group in groups {
      words.append(UInt32(bitPattern: try int(group.range.lowerBound)))
      words.append(UInt32(bitPattern: try int(group.range.upperBound)))
      words.append(group.learningRateScale.bitPattern)
      words.append(group.weightDecay.bitPattern)
    }
    return try constant(words)
  }

  /// Words on the device; uploaded once.
  func constant(_ words: [UInt32]) throws(ComputeError) -> DeviceMemory {
    if let known = constants[words] { return known }
    let memory = try pool.take(words.count)
    let result: Result<Void, ComputeError> = words.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, bytes.count > 0 else { return .success(()) }
      do throws(ComputeError) {
        return .success(try uploads.write(start, bytes.count, to: memory.handle, at: 0))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    constants[words] = memory
    return memory
  }
}

extension LossFunction {
  /// As loss.cl numbers them, with delta, the positive weight or the share of the ranked score.
  fileprivate var code: (kind: Int, parameter: Float) {
    switch self {
    case .meanSquaredError: (0, 0)
    case .meanAbsoluteError: (1, 0)
    case .huber(let delta): (2, delta)
    case .quantile: (3, 0)
    case .binaryCrossEntropy(let positiveWeight): (4, positiveWeight)
    case .softmaxCrossEntropy: (5, 0)
    case .rankedProbability(let share): (5, share)
    }
  }
}
