import SluiceCompute
import SluiceNN

/// An optimizer over a parameter arena: its rule, its moments and the flag that halts it.
public final class Optimizer {
  /// What is optimised.
  public let parameters: ParameterArena
  /// The rule, with its constants.
  public let rule: OptimizerRule
  /// The global norm that gradients are clipped to; nil: not clipped.
  public let clipNorm: Double?
  /// Runs of parameters that share a learning rate scale and a weight decay.
  public let groups: [ParameterGroup]
  /// The rule's state, each as large as the weights.
  private let moments: [Tensor]
  /// `[1]` int32: 1 once a loss or a gradient was not finite. From then on no step changes anything.
  private let halt: Tensor

  /// Allocates the moments, all zero.
  ///
  /// - Parameter weightDecay: of those parameters that decay.
  /// - Throws: `ComputeError` with `.outOfMemory`.
  public init(
    _ configuration: OptimizerConfiguration, for parameters: ParameterArena,
    weightDecay: Double = 0, clipNorm: Double? = nil
  ) throws {
    self.parameters = parameters
    self.clipNorm = clipNorm
    rule = configuration
    groups = Self.groups(of: parameters.layout, weightDecay: Float(weightDecay))
    let backend = parameters.backend
    var moments: [Tensor] = []
    for _ in 0..<rule.momentCount {
      let moment = try backend.makeTensor(parameters.weights.shape)
      try backend.enqueue(Fill(moment, with: 0))
      moments.append(moment)
    }
    self.moments = moments
    halt = try backend.makeTensor([1], .int32)
    try resetHalt()
  }

  /// Enqueues the step, which measures the norm of the gradients and does nothing if it or one of the
  /// losses is not finite. Never waits.
  ///
  /// - Parameters:
  ///   - number: 1 for the first step of the training.
  ///   - squaredNorm: `[1]`, written: the squared norm of all gradients before clipping.
  ///   - losses: The sums that `Loss` wrote, side by side.
  ///   - average: Of the weights, taken further by this step; nil: none.
  /// - Throws: `ComputeError`.
  /// - Complexity: O(weights).
  public func step(
    number: Int, learningRate: Double, squaredNorm: Tensor, losses: Tensor,
    average: WeightAverage? = nil
  ) throws {
    try parameters.backend.enqueue(
      OptimizerStep(
        rule, step: number, learningRate: Float(learningRate), clipNorm: clipNorm.map(Float.init),
        groups: groups, weights: parameters.weights, gradients: parameters.gradients,
        moments: moments, squaredNorm: squaredNorm, measuresNorm: true,
        average: average?.step(number: number - 1), losses: losses, halt: halt))
  }

  /// Lets steps change the weights again.
  ///
  /// - Throws: `ComputeError`.
  public func resetHalt() throws {
    try parameters.backend.enqueue(Fill(halt, with: 0))
  }

  /// The moments by parameter: `moment_1.` and `moment_2.` before its name. Waits for the device.
  ///
  /// - Throws: `ComputeError`.
  public func namedState() throws -> [Safetensors.Tensor] {
    var tensors: [Safetensors.Tensor] = []
    for (index, moment) in moments.enumerated() {
      let values: [Float] = try parameters.backend.read(moment)
      tensors += parameters.layout.named(values, prefix: Self.prefix(index))
    }
    return tensors
  }

  /// Replaces the moments by what ``namedState()`` gave.
  ///
  /// - Throws: ``SafetensorsError`` where a tensor is missing or does not fit.
  public func load(_ tensors: Safetensors, file: String) throws {
    for (index, moment) in moments.enumerated() {
      let values = try parameters.layout.arena(
        from: tensors, prefix: Self.prefix(index), file: file)
      try parameters.backend.write(values, to: moment)
    }
  }

  private static func prefix(_ moment: Int) -> String { "moment_\(moment + 1)." }

  /// Neighbours of the same settings become one group. The gaps between parameters hold zeros, which
  /// every rule leaves at zero, so a group may span them.
  private static func groups(of layout: ParameterLayout, weightDecay: Float) -> [ParameterGroup] {
    var groups: [ParameterGroup] = []
    for parameter in layout.parameters where !parameter.range.isEmpty {
      let group = ParameterGroup(
        range: parameter.range, learningRateScale: parameter.learningRateScale,
        weightDecay: parameter.decays ? weightDecay : 0)
      if let last = groups.last, last.learningRateScale == group.learningRateScale,
        last.weightDecay == group.weightDecay
      {
        groups[groups.count - 1].range = last.range.lowerBound..<group.range.upperBound
      } else {
        groups.append(group)
      }
    }
    return groups
  }
}
