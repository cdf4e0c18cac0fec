import SluiceCompute

/// Which optimizer, with its constants, as a configuration holds it:
/// `optimizer: {name: adamw, beta1: 0.9, beta2: 0.999, epsilon: 1e-8}`, or its name alone.
public enum OptimizerConfiguration: Hashable, Sendable {
  /// Stochastic gradient descent.
  case sgd(momentum: Double = 0, nesterov: Bool = false)
  /// Divides by the running root mean square of the gradient.
  case rmsprop(decay: Double = 0.99, epsilon: Double = 1e-8)
  /// Kingma & Ba 2015; weight decay is part of the gradient.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Loshchilov & Hutter 2019: Adam with weight decay beside the gradient.
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)

  /// As the back ends take it.
  public var rule: OptimizerRule {
    switch self {
    case .sgd(let momentum, let nesterov):
      .sgd(momentum: Float(momentum), nesterov: nesterov)
    case .rmsprop(let decay, let epsilon):
      .rmsprop(decay: Float(decay), epsilon: Float(epsilon))
    case .adam(let beta1, let beta2, let epsilon):
      .adam(beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon))
    case .adamW(let beta1, let beta2, let epsilon):
      .adamW(beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon))
    }
  }
}

extension OptimizerConfiguration: Codable {
  private enum Kind: String, Codable {
    case sgd, rmsprop, adam, adamw
  }

  private enum Key: String, CodingKey {
    case name, momentum, nesterov, decay, beta1, beta2, epsilon
  }

  public init(from decoder: any Decoder) throws {
    if let bare = try? decoder.singleValueContainer().decode(Kind.self) {
      switch bare {
      case .sgd: self = .sgd()
      case .rmsprop: self = .rmsprop()
      case .adam: self = .adam()
      case .adamw: self = .adamW()
      }
      return
    }
    let values = try decoder.container(keyedBy: Key.self)
    let below1 = 0...1.0.nextDown
    let kind = try values.decode(Kind.self, forKey: .name)
    try decoder.refuseKeys(besides: Self.keys(of: kind))
    switch kind {
    case .sgd:
      let momentum = try values.decode(.momentum, 0, in: below1)
      let nesterov = try values.decodeIfPresent(Bool.self, forKey: .nesterov) ?? false
      self = .sgd(momentum: momentum, nesterov: nesterov)
    case .rmsprop:
      let decay = try values.decode(.decay, 0.99, in: below1)
      self = .rmsprop(decay: decay, epsilon: try values.decode(.epsilon, 1e-8, in: 1e-30...1))
    case .adam, .adamw:
      let beta1 = try values.decode(.beta1, 0.9, in: below1)
      let beta2 = try values.decode(.beta2, 0.999, in: below1)
      let epsilon = try values.decode(.epsilon, 1e-8, in: 1e-30...1)
      self =
        kind == .adam
        ? .adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
        : .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .sgd(let momentum, let nesterov):
      try values.encode(Kind.sgd, forKey: .name)
      try values.encode(momentum, forKey: .momentum)
      try values.encode(nesterov, forKey: .nesterov)
    case .rmsprop(let decay, let epsilon):
      try values.encode(Kind.rmsprop, forKey: .name)
      try values.encode(decay, forKey: .decay)
      try values.encode(epsilon, forKey: .epsilon)
    case .adam(let beta1, let beta2, let epsilon):
      try values.encode(Kind.adam, forKey: .name)
      try encode(beta1, beta2, epsilon, to: &values)
    case .adamW(let beta1, let beta2, let epsilon):
      try values.encode(Kind.adamw, forKey: .name)
      try encode(beta1, beta2, epsilon, to: &values)
    }
  }

  private static func keys(of kind: Kind) -> [Key] {
    switch kind {
    case .sgd: [.name, .momentum, .nesterov]
    case .rmsprop: [.name, .decay, .epsilon]
    case .adam, .adamw: [.name, .beta1, .beta2, .epsilon]
    }
  }

  private func encode(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double,
    to values: inout KeyedEncodingContainer<Key>
  ) throws {
    try values.encode(beta1, forKey: .beta1)
    try values.encode(beta2, forKey: .beta2)
    try values.encode(epsilon, forKey: .epsilon)
  }
}
