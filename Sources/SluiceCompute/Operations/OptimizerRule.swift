/// How gradients become changes of the weights: an algorithm with its constants.
///
/// An optimizer stands here once: its name, its constants with their defaults and ranges, its
/// moments, and the function that makes it. What it does to a weight stands once for each kind of
/// device, in `SluiceCPUKernels/Optimizer.swift` and `Kernels/optimizer.cl`, and in Double in
/// SluiceConformance. Configurations, conformance cases and tests follow from this list.
public struct OptimizerRule: Hashable, Sendable {
  /// The optimizers there are. Kernels know them by these numbers.
  public enum Algorithm: Int, Hashable, Sendable, CaseIterable {
    /// Stochastic gradient descent, with momentum, Nesterov's too.
    case sgd
    /// Divides by the running root mean square of the gradient.
    case rmsprop
    /// Kingma & Ba 2015; weight decay is part of the gradient.
    case adam
    /// Loshchilov & Hutter 2019: Adam with weight decay beside the gradient.
    case adamW
    /// Chen et al. 2023: the sign of a momentum.
    case lion
  }

  /// Which optimizer.
  public let algorithm: Algorithm
  /// A value for each of the algorithm's constants, in their order; a flag is 0 or 1.
  public let values: [Double]

  /// - Precondition: as many values as the algorithm has constants.
  package init(_ algorithm: Algorithm, _ values: [Double]) {
    precondition(values.count == algorithm.definition.constants.count, "\(algorithm) of \(values)")
    self.algorithm = algorithm
    self.values = values
  }

  /// The algorithm with the defaults of its constants.
  public init(_ algorithm: Algorithm) {
    self.init(algorithm, algorithm.definition.constants.map(\.standard))
  }
}

extension OptimizerRule.Algorithm {
  /// What all rules of an algorithm share.
  public struct Definition: Sendable {
    /// As configurations call it.
    public let name: String
    /// At most four.
    public let constants: [Constant]
    /// What it keeps for every weight.
    public let moments: [Moment]

    init(_ name: String, _ constants: [Constant], moments: [Moment]) {
      self.name = name
      self.constants = constants
      self.moments = moments
    }
  }

  /// One number, or yes or no, that a user may set.
  public struct Constant: Sendable {
    /// As configurations call it.
    public let name: String
    /// What it is where nobody sets it; a flag is 0 or 1.
    public let standard: Double
    /// What it may be.
    public let range: ClosedRange<Double>
    /// Whether it is yes or no.
    public let isFlag: Bool

    init(_ name: String, _ standard: Double, in range: ClosedRange<Double>) {
      self.name = name
      self.standard = standard
      self.range = range
      isFlag = false
    }

    init(flag name: String) {
      self.name = name
      standard = 0
      range = 0...1
      isFlag = true
    }
  }

  /// What an arena of state holds; each begins at zero.
  public enum Moment: Sendable {
    /// Of gradients: either sign.
    case mean
    /// Never negative.
    case meanOfSquares
  }

  /// Name, constants and moments.
  public var definition: Definition {
    let below1 = 0...1.0.nextDown
    let adam = [
      Constant("beta1", 0.9, in: below1), Constant("beta2", 0.999, in: below1),
      Constant("epsilon", 1e-8, in: 1e-30...1),
    ]
    return switch self {
    case .sgd:
      Definition(
        "sgd", [Constant("momentum", 0, in: below1), Constant(flag: "nesterov")], moments: [.mean])
    case .rmsprop:
      Definition(
        "rmsprop",
        [Constant("decay", 0.99, in: below1), Constant("epsilon", 1e-8, in: 1e-30...1)],
        moments: [.meanOfSquares])
    case .adam: Definition("adam", adam, moments: [.mean, .meanOfSquares])
    case .adamW: Definition("adamw", adam, moments: [.mean, .meanOfSquares])
    case .lion:
      Definition(
        "lion", [Constant("beta1", 0.9, in: below1), Constant("beta2", 0.99, in: below1)],
        moments: [.mean])
    }
  }
}

extension OptimizerRule {
  /// v = momentum·v + g; w −= lr·v, or with Nesterov w −= lr·(g + momentum·v).
  public static func sgd(momentum: Double = 0, nesterov: Bool = false) -> OptimizerRule {
    OptimizerRule(.sgd, [momentum, nesterov ? 1 : 0])
  }

  /// s = decay·s + (1 − decay)·g²; w −= lr·g / (√s + epsilon).
  public static func rmsprop(decay: Double = 0.99, epsilon: Double = 1e-8) -> OptimizerRule {
    OptimizerRule(.rmsprop, [decay, epsilon])
  }

  /// Weight decay added to the gradient. With bias correction, as PyTorch's:
  /// w −= lr·m̂ / (√v̂ + epsilon).
  public static func adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    -> OptimizerRule
  {
    OptimizerRule(.adam, [beta1, beta2, epsilon])
  }

  /// As Adam, but w −= lr·decay·w first.
  ///
  /// - SeeAlso: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
  public static func adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    -> OptimizerRule
  {
    OptimizerRule(.adamW, [beta1, beta2, epsilon])
  }

  /// w −= lr·(sign(beta1·m + (1 − beta1)·g) + decay·w); m = beta2·m + (1 − beta2)·g. The sign of 0
  /// is 0. Every weight moves by lr, so lr should be a third to a tenth of AdamW's, and the weight
  /// decay as many times larger.
  ///
  /// - SeeAlso: Chen et al., "Symbolic discovery of optimization algorithms", 2023.
  public static func lion(beta1: Double = 0.9, beta2: Double = 0.99) -> OptimizerRule {
    OptimizerRule(.lion, [beta1, beta2])
  }
}

extension OptimizerRule {
  /// What each arena of state holds. SGD without momentum keeps none.
  public var moments: [Algorithm.Moment] {
    algorithm == .sgd && values[0] == 0 ? [] : algorithm.definition.moments
  }

  /// Arenas of state that the rule keeps: 0, 1 or 2.
  public var momentCount: Int { moments.count }

  /// The constants as kernels take them: in their order, zero behind the last.
  package var constants: SIMD4<Float> {
    var constants = SIMD4<Float>()
    for (index, value) in values.enumerated() { constants[index] = Float(value) }
    return constants
  }

  /// 1 − cᵗ of each constant c, by squaring in double precision: the same on every system. What a
  /// mean that began at zero is divided by after t steps.
  package func corrections(step: Int) -> SIMD4<Float> {
    let constants = constants
    var corrections = SIMD4<Float>()
    for index in corrections.indices {
      var power = 1.0
      var factor = Double(constants[index])
      var exponent = step
      while exponent > 0 {
        if exponent & 1 == 1 { power *= factor }
        factor *= factor
        exponent >>= 1
      }
      corrections[index] = Float(1 - power)
    }
    return corrections
  }
}

extension OptimizerRule: CustomStringConvertible {
  /// For example `sgd(momentum: 0.9, nesterov: true)`.
  public var description: String {
    let constants = zip(algorithm.definition.constants, values).map { constant, value in
      "\(constant.name): " + (constant.isFlag ? "\(value != 0)" : "\(value)")
    }
    return "\(algorithm)(\(constants.joined(separator: ", ")))"
  }
}
