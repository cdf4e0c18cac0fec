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
    let rule = RuleArguments(operation.rule, step: operation.step)
    try launch(
      // At least one item: it notes a norm that is not finite.
      KernelName("optimizer", "optimizer_step"), count: max(1, operation.weights.count),
      [
        .int(rule.code), .tensor(operation.weights), .tensor(operation.gradients),
        .tensor(operation.moments.first), .tensor(operation.moments.dropFirst().first),
        .tensor(operation.squaredNorm), .tensor(operation.losses),
        .int(operation.losses?.count ?? 0), .tensor(operation.halt),
        .float(operation.clipNorm ?? -1), .memory(try table(operation.groups)),
        .int(operation.groups.count), .int(operation.weights.count),
        .float(operation.learningRate), .float(rule.beta1), .float(rule.beta2),
        .float(rule.epsilon), .float(rule.correction1), .float(rule.correction2),
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

/// An optimizer's rule as optimizer.cl takes it.
private struct RuleArguments {
  var code: Int
  var beta1: Float = 0
  var beta2: Float = 0
  var epsilon: Float = 0
  var correction1: Float = 1
  var correction2: Float = 1

  init(_ rule: OptimizerRule, step: Int) {
    switch rule {
    case .sgd(let momentum, let nesterov):
      code = nesterov ? 1 : 0
      beta1 = momentum
    case .rmsprop(let decay, let epsilon):
      code = 2
      beta1 = decay
      self.epsilon = epsilon
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      code = if case .adam = rule { 3 } else { 4 }
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      correction1 = Self.correction(beta1, step)
      correction2 = Self.correction(beta2, step)
    }
  }

  /// 1 − βᵗ, by squaring in double precision: the same on every system.
  private static func correction(_ beta: Float, _ step: Int) -> Float {
    var power = 1.0
    var factor = Double(beta)
    var exponent = step
    while exponent > 0 {
      if exponent & 1 == 1 { power *= factor }
      factor *= factor
      exponent >>= 1
    }
    return Float(1 - power)
  }
}
