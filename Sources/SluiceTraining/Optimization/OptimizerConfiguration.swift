import SluiceCompute
import SluiceSettings

/// Which optimizer, with its constants, as a configuration holds it:
/// `optimizer: {name: adamw, beta1: 0.9, beta2: 0.999, epsilon: 1e-8}`, or its name alone.
public typealias OptimizerConfiguration = OptimizerRule

extension OptimizerRule: Codable {
  private struct Key: CodingKey {
    static let name = Key(stringValue: "name")

    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    if let bare = try? decoder.singleValueContainer().decode(String.self),
      let algorithm = Algorithm(named: bare)
    {
      self.init(algorithm)
      return
    }
    let container = try decoder.container(keyedBy: Key.self)
    let name = try container.decode(String.self, forKey: .name)
    guard let algorithm = Algorithm(named: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "\(name) is no optimizer")
    }
    let constants = algorithm.definition.constants
    try decoder.refuseKeys(besides: [.name] + constants.map { Key(stringValue: $0.name) })
    self.init(
      algorithm,
      try constants.map { constant in
        let key = Key(stringValue: constant.name)
        if constant.isFlag {
          return try container.decodeIfPresent(Bool.self, forKey: key) ?? false ? 1 : 0
        }
        return try container.decode(key, constant.standard, in: constant.range)
      })
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(algorithm.definition.name, forKey: .name)
    for (constant, value) in zip(algorithm.definition.constants, values) {
      let key = Key(stringValue: constant.name)
      if constant.isFlag {
        try container.encode(value != 0, forKey: key)
      } else {
        try container.encode(value, forKey: key)
      }
    }
  }
}

extension OptimizerRule: NamedChoices {
  package static var choices: String {
    Algorithm.allCases.map(\.definition.name).joined(separator: ", ")
      + ", or a block with such a `name`"
  }
}

extension OptimizerRule.Algorithm {
  /// The one of this name in configurations.
  fileprivate init?(named name: String) {
    guard let algorithm = Self.allCases.first(where: { $0.definition.name == name }) else {
      return nil
    }
    self = algorithm
  }
}
