import SluiceCompute

/// A tensor on a tape: a value and, after backward, its gradient.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// Whether a gradient is wanted.
  public let needsGradient: Bool
  /// The sum of the contributions so far; nil where none has come, and again once backward has
  /// handed it on. Rows may be strided.
  public internal(set) var gradient: Tensor?

  init(_ value: Tensor, needsGradient: Bool) {
    self.value = value
    self.needsGradient = needsGradient
  }

  /// Of the value.
  public var shape: Shape { value.shape }
}

/// Records coarse operations as they run, and replays their gradients in reverse.
///
/// A tape lasts for one pass over one batch. Layers are functions: `let h = try lstm(x, on: tape)`.
/// In inference nothing is recorded and dropout does nothing.
public final class Tape {
  /// What a pass is for.
  public enum Mode: Hashable, Sendable {
    /// Seed and step key the dropout masks.
    case training(seed: UInt64, step: UInt32)
    /// Nothing is recorded, nothing dropped.
    case inference
  }

  /// The model's weights.
  public let parameters: ParameterArena
  /// What the pass is for.
  public let mode: Mode
  private var gradients: [(Tape) throws -> Void] = []
  private var streamCount: UInt32 = 0

  /// An empty tape over these weights.
  public init(_ parameters: ParameterArena, mode: Mode) {
    self.parameters = parameters
    self.mode = mode
  }

  /// The device.
  public var backend: any Backend { parameters.backend }

  /// Whether gradients are recorded.
  public var isTraining: Bool { mode != .inference }

  /// Puts data on the tape that needs no gradient.
  public func constant(_ value: Tensor) -> Variable {
    Variable(value, needsGradient: false)
  }

  /// Puts data on the tape whose gradient is wanted.
  public func input(_ value: Tensor) -> Variable {
    Variable(value, needsGradient: isTraining)
  }

  /// Allocates the result of an operation; `of` are the variables that it depends on.
  ///
  /// Pass `hasParameters` where it depends on weights too.
  public func result(_ shape: Shape, of inputs: [Variable], hasParameters: Bool = false)
    throws -> Variable
  {
    let needsGradient = isTraining && (hasParameters || inputs.contains { $0.needsGradient })
    return Variable(try backend.makeTensor(shape), needsGradient: needsGradient)
  }

  /// Records how `result` hands its gradient on. Runs in reverse order of recording; left out if no
  /// gradient reaches `result`. Afterwards the gradient is let go of: `backward` may overwrite it
  /// or hand it to an input as it is. It is given the tape, so that it need not hold it.
  public func record(
    _ result: Variable, _ backward: @escaping (_ gradient: Tensor, _ tape: Tape) throws -> Void
  ) {
    guard result.needsGradient else { return }
    gradients.append { tape in
      guard let gradient = result.gradient else { return }
      result.gradient = nil
      try backward(gradient, tape)
    }
  }

  /// Records a step of backward that concerns several results, such as a sequence and its final
  /// state; it looks at their gradients itself.
  public func record(_ backward: @escaping (_ tape: Tape) throws -> Void) {
    if isTraining { gradients.append(backward) }
  }

  /// Where a contribution to the gradient of `variable` goes, and whether it is to be added there
  /// or written. Nil where no gradient is wanted.
  public func gradientTarget(_ variable: Variable) throws
    -> (tensor: Tensor, accumulate: Bool)?
  {
    guard variable.needsGradient else { return nil }
    if let gradient = variable.gradient { return (gradient, true) }
    let gradient = try backend.makeTensor(variable.shape)
    variable.gradient = gradient
    return (gradient, false)
  }

  /// The stream for the next layer that draws random numbers; nil in inference. Layers draw in the
  /// order in which they run, so the same model draws the same numbers.
  public func randomStream() -> RandomStream? {
    guard case .training(let seed, let step) = mode else { return nil }
    defer { streamCount += 1 }
    return RandomStream(seed: seed, stream: streamCount, step: step)
  }

  /// Runs the recorded gradients in reverse. Gradients of parameters are added to the arena.
  ///
  /// Call once, after a loss has set the gradient of what it measures.
  public func backward() throws {
    while let step = gradients.popLast() { try step(self) }
  }
}
