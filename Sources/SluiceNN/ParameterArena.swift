import SluiceCompute
import SluicePlatform

/// All weights of a model in one buffer and all their gradients in another: an optimizer step, a
/// norm, a checkpoint is one pass.
public final class ParameterArena {
  /// The device that holds them.
  public let backend: any Backend
  /// Which parameter lies where.
  public let layout: ParameterLayout
  /// `[layout.count]`
  public let weights: Tensor
  /// `[layout.count]`
  public let gradients: Tensor

  /// Allocates the arena and draws every weight from `seed`.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  public init(_ layout: ParameterLayout, on backend: any Backend, seed: UInt64)
    throws(ComputeError)
  {
    self.backend = backend
    self.layout = layout
    let count = max(1, layout.count)
    weights = try backend.makeTensor([count])
    gradients = try backend.makeTensor([count])
    try Self.requireMemory(for: layout)
    var values = [Float](repeating: 0, count: count)
    for (index, parameter) in layout.parameters.enumerated() {
      let stream = RandomStream(seed: seed, stream: RandomStream.initializers + UInt32(index))
      var generator = PhiloxGenerator(stream)
      let drawn = parameter.initializer.values(for: parameter.shape, using: &generator)
      values.replaceSubrange(parameter.range, with: drawn)
    }
    try backend.write(values, to: weights)
    try backend.enqueue(Fill(gradients, with: 0))
  }

  /// Refuses a model for which the host has no memory: what it draws weights in, and later writes its
  /// files from. An array that cannot be had ends the process.
  private static func requireMemory(for layout: ParameterLayout) throws(ComputeError) {
    let largest = layout.parameters.map(\.range.count).max() ?? 0
    // The optimizer's state, and with it all weights twice while a checkpoint is written; of one
    // parameter, drawing in Double precision.
    let needed = 32 * layout.count + 20 * largest
    guard needed >= 64 << 20, needed > SystemMemory.available else { return }
    throw ComputeError(
      .outOfMemory,
      "no memory for a model of \(layout.count) weights, which take \(needed.mebibytes) to begin with: "
        + "this process may have \(SystemMemory.available.mebibytes) more",
      remedy: "Use fewer `model.hidden` units or layers, or more memory.")
  }

  /// The same model with other weights, such as their running average. Gradients are shared.
  ///
  /// - Precondition: `weights` has as many elements.
  public init(_ other: ParameterArena, weights: Tensor) {
    precondition(weights.count == other.weights.count, "another arena's weights")
    backend = other.backend
    layout = other.layout
    gradients = other.gradients
    self.weights = weights
  }

  /// The same weights and gradients by way of a back end that hands everything on to theirs.
  package init(_ other: ParameterArena, on backend: any BackendDecorator) {
    self.backend = backend
    layout = other.layout
    weights = other.weights
    gradients = other.gradients
  }

  /// The weights of one parameter, without a copy.
  public func weight(_ parameter: Parameter) -> Tensor {
    Tensor(
      buffer: weights.buffer, offset: weights.offset + parameter.range.lowerBound,
      shape: parameter.shape)
  }

  /// The gradient of one parameter, without a copy.
  public func gradient(_ parameter: Parameter) -> Tensor {
    Tensor(
      buffer: gradients.buffer, offset: gradients.offset + parameter.range.lowerBound,
      shape: parameter.shape)
  }

  /// The weights of parameters of one size that lie equally far apart, `[count, elements]`, without a
  /// copy: those of layers that are declared alike, one after the other. Nil for none.
  public func weights(of parameters: [Parameter]) -> Tensor? {
    Self.stack(parameters, in: weights)
  }

  /// The gradients of parameters of one size that lie equally far apart, as ``weights(of:)``.
  public func gradients(of parameters: [Parameter]) -> Tensor? {
    Self.stack(parameters, in: gradients)
  }

  private static func stack(_ parameters: [Parameter], in arena: Tensor) -> Tensor? {
    guard let first = parameters.first?.range else { return nil }
    let distance =
      parameters.count > 1 ? parameters[1].range.lowerBound - first.lowerBound : first.count
    precondition(
      parameters.enumerated().allSatisfy {
        $1.range.lowerBound == first.lowerBound + $0 * distance && $1.range.count == first.count
      }, "\(parameters.map(\.name)) do not lie equally far apart")
    return Tensor(
      buffer: arena.buffer, offset: arena.offset + first.lowerBound,
      shape: [parameters.count, first.count], rowStride: distance)
  }
}

extension RandomStream {
  /// The streams from here on belong to initialisers, one for each parameter; those below to the
  /// layers of a tape and, from `samplers` on, to what draws batches.
  public static let initializers: UInt32 = 0x8000_0000
  /// The streams from here to `initializers` belong to samplers and data augmentation.
  public static let samplers: UInt32 = 0x4000_0000
}
