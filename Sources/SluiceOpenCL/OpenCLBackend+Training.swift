import SluiceCompute
import SluicePlatform

extension OpenCLBackend {
  public func execute(_ operation: Loss) throws(ComputeError) {
    let (function, prediction) = (operation.function, operation.prediction)
    let perRow = function.isPerRow
    let name =
      function.takesClasses ? "loss_softmax" : perRow ? "loss_mixture" : "loss_elements"
    // Items, and how many of them a group takes.
    let (count, share) = perRow ? (prediction.rows, 256) : (prediction.count, 2048)
    let common = try arguments(operation)
    var result: KernelArguments = [
      "statistics": .tensor(operation.statistics),
      "gradient_scale": .float(operation.gradientScale),
      "d_prediction": .tensor(operation.gradient),
    ]
    if prediction.count <= 4096, name != "loss_mixture" {
      return try launch(KernelName(name + "_once"), groups: [1], local: [256], common + result)
    }
    let parts = (count + share - 1) / share
    let partials = try makeTensor([parts, 2])
    try launch(
      KernelName(name), groups: [parts], local: [256], common + ["partials": .tensor(partials)])
    guard operation.gradient != nil else {
      return try sumPartials(partials, into: operation.statistics)
    }
    result = ["partials": .tensor(partials), "part_count": .int(parts)] + result
    try launch(KernelName(name + "_gradient"), count: count, common + result)
  }

  /// What the loss and its gradient begin with.
  private func arguments(_ operation: Loss) throws(ComputeError) -> KernelArguments {
    let prediction = operation.prediction
    let (kind, parameter) = operation.function.code
    let data: KernelArguments = [
      "prediction": .tensor(prediction), "target": .tensor(operation.target),
      "row_weights": .tensor(operation.rowWeights),
    ]
    if operation.function.takesClasses {
      return ["share": .float(parameter)] + data + [
        "class_weights": .tensor(operation.classWeights), "columns": .int(prediction.columns),
        "rows": .int(prediction.rows),
      ]
    }
    if case .mixedQuantiles(let values) = operation.function {
      return data + [
        "quantiles": .tensor(try constant(values.map(\.bitPattern))),
        "quantile_count": .int(values.count), "columns": .int(prediction.columns),
        "rows": .int(prediction.rows),
      ]
    }
    var quantiles: Tensor?
    if case .quantile(let values) = operation.function {
      quantiles = try constant(values.map(\.bitPattern))
    }
    return ["kind": .int(kind), "parameter": .float(parameter)] + data + [
      "quantiles": .tensor(quantiles), "columns": .int(prediction.columns),
      "count": .int(prediction.count),
    ]
  }

  public func execute(_ operation: OptimizerStep) throws(ComputeError) {
    let rule = operation.rule
    let constants = rule.constants
    let corrections = rule.corrections(step: operation.step)
    // What is left of the norm is added up by the step itself.
    let partials =
      operation.measuresNorm ? try sumsOfSquares(operation.gradients) : nil
    let average = operation.average
    try launch(
      // At least one item: it notes a norm that is not finite.
      "optimizer_step", count: max(1, operation.weights.count),
      [
        "rule": .int(rule.algorithm.rawValue), "weights": .tensor(operation.weights),
        "gradients": .tensor(operation.gradients), "moment1": .tensor(operation.moments.first),
        "moment2": .tensor(operation.moments.dropFirst().first),
        "average": .tensor(average?.weights), "kept": .float(average?.kept ?? 0),
        "taken": .float(average?.taken ?? 0), "partials": .tensor(partials),
        "parts": .int(partials?.rows ?? 0),
        "squared_norm": .tensor(operation.squaredNorm), "losses": .tensor(operation.losses),
        "loss_count": .int(operation.losses?.count ?? 0), "halt": .tensor(operation.halt),
        "clip_norm": .float(operation.clipNorm ?? -1),
        "groups": .tensor(try table(operation.groups)),
        "group_count": .int(operation.groups.count), "count": .int(operation.weights.count),
        "learning_rate": .float(operation.learningRate), "constant1": .float(constants[0]),
        "constant2": .float(constants[1]), "constant3": .float(constants[2]),
        "correction1": .float(corrections[0]), "correction2": .float(corrections[1]),
      ])
  }

  /// The groups as optimizer.cl takes them.
  private func table(_ groups: [ParameterGroup]) throws(ComputeError) -> Tensor {
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
  func constant(_ words: [UInt32]) throws(ComputeError) -> Tensor {
    if let known = constants[words] { return known }
    let tensor = try makeTensor([words.count], words.map { Int32(bitPattern: $0) })
    constants[words] = tensor
    return tensor
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
    case .mixedQuantiles: (6, 0)
    }
  }

  /// Whether a row of predictions makes one loss.
  fileprivate var isPerRow: Bool {
    if case .mixedQuantiles = self { return true }
    return takesClasses
  }
}
