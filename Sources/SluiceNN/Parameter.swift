import SluiceCompute

/// One trainable tensor of a model: its name on disk and its place in the arena.
public struct Parameter: Hashable, Sendable {
  /// Dotted, as PyTorch names it: `encoder.weight_ih_l0`.
  public let name: String
  /// For a layer `[out, in]`.
  public let shape: Shape
  /// Where it lies in the arena, in elements.
  public let range: Range<Int>
  /// How it is drawn.
  public let initializer: Initializer
  /// Multiplies the learning rate.
  public let learningRateScale: Float
  /// Whether weight decay applies; not to biases, as a rule.
  public let decays: Bool
}

/// The parameters of a model in the order in which its layers declare them: a table
/// name → (offset, shape), made before any memory is.
///
/// Offsets are multiples of 16 elements (64 bytes), so that every parameter starts on a cache line.
public struct ParameterLayout: Hashable, Sendable {
  /// In the order of declaration.
  public private(set) var parameters: [Parameter] = []
  /// Elements of the arena, gaps for alignment included.
  public private(set) var count = 0

  /// No parameters yet.
  public init() {}

  /// Declares a parameter.
  ///
  /// - Precondition: no other parameter has the name.
  public mutating func add(
    _ name: String, _ shape: Shape, _ initializer: Initializer, learningRateScale: Float = 1,
    decays: Bool = true
  ) -> Parameter {
    precondition(!parameters.contains { $0.name == name }, "two parameters named \(name)")
    let parameter = Parameter(
      name: name, shape: shape, range: count..<(count + shape.count), initializer: initializer,
      learningRateScale: learningRateScale, decays: decays)
    parameters.append(parameter)
    count = (count + shape.count + 15) / 16 * 16
    return parameter
  }

  /// The number of trainable weights, gaps left out.
  public var weightCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }
}
