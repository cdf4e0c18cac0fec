import SluiceCompute
import SluiceNN

/// How weights are averaged over the steps: `weight_average: {decay: 0.999, warmup: true}`.
public struct WeightAverageConfiguration: Codable, Hashable, Sendable {
  /// The share of the old average that each step keeps, in `[0, 1)`.
  public var decay: Double
  /// Whether update k (from 0) keeps no more than (k + 1) / (k + 10), so that early weights are soon
  /// forgotten.
  public var warmup: Bool

  /// Each argument is the property of its name.
  public init(decay: Double = 0.999, warmup: Bool = true) {
    self.decay = decay
    self.warmup = warmup
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case decay, warmup
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(besides: CodingKeys.allCases)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    decay = try values.decode(.decay, 0.999, in: 0...1.0.nextDown)
    warmup = try values.decodeIfPresent(Bool.self, forKey: .warmup) ?? true
  }

  /// The share of the old average that update `update` (from 0) keeps.
  public func decay(update: Int) -> Double {
    warmup ? min(decay, Double(update + 1) / Double(update + 10)) : decay
  }
}

/// The exponential moving average of a model's weights, which often does better than the weights.
/// It starts as the weights before the first step.
public final class WeightAverage {
  /// How fast it forgets.
  public let configuration: WeightAverageConfiguration
  /// The same model with the averaged weights.
  public let averaged: ParameterArena
  private let parameters: ParameterArena

  /// - Throws: `ComputeError` with `.outOfMemory`.
  public init(_ configuration: WeightAverageConfiguration, of parameters: ParameterArena) throws {
    self.configuration = configuration
    self.parameters = parameters
    averaged = try parameters.copy()
  }

  /// Enqueues average = d · average + (1 − d) · weights. An ``Optimizer`` that is given the average does
  /// so in its step.
  ///
  /// - Parameter number: of the update, from 0.
  /// - Throws: `ComputeError`.
  public func update(number: Int) throws {
    let step = step(number: number)
    try parameters.backend.enqueue(
      LinearCombination(
        parameters.weights, scale: step.taken, to: step.weights, outputScale: step.kept))
  }

  /// The same as a part of an optimizer step.
  func step(number: Int) -> StepAverage {
    let decay = configuration.decay(update: number)
    return StepAverage(averaged.weights, kept: Float(decay), taken: Float(1 - decay))
  }
}

extension ParameterArena {
  /// The same model with a copy of the weights; gradients are shared.
  ///
  /// - Throws: `ComputeError` with `.outOfMemory`.
  func copy() throws -> ParameterArena {
    let copied = try backend.makeTensor(weights.shape)
    try backend.enqueue(Copy(weights, to: copied))
    return ParameterArena(self, weights: copied)
  }
}
