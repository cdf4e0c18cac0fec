import Foundation
import SluicePlatform
import SluiceTraining
import Yams

/// A configuration that cannot be used, with the place in its file.
package struct ConfigurationError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Reads YAML configurations over their defaults: a file need only name what it changes, and a key
/// that does not exist is an error, not a wish that is silently ignored.
package enum ConfigurationFile {
  /// The full text of a configuration.
  package static func yaml(of configuration: some Encodable) throws -> String {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = false
    let text = try encoder.encode(configuration)
    guard let node = try Yams.compose(yaml: text) else { return text }
    return try Yams.serialize(node: readable(node))
  }

  /// The same values as people write them: `0.003` for `3e-3`, short lists on one line.
  private static func readable(_ node: Node) throws -> Node {
    switch node {
    case .mapping(var mapping):
      for (key, value) in mapping { mapping[key] = try readable(value) }
      return .mapping(mapping)
    case .sequence(let sequence):
      return .sequence(
        Node.Sequence(try sequence.map { try readable($0) }, sequence.tag, .flow))
    case .scalar(var scalar):
      if scalar.style == .plain, scalar.string.contains("e"), let value = Double(scalar.string) {
        scalar.string = "\(value)"
      }
      return .scalar(scalar)
    case .alias:
      return node
    }
  }

  /// The configuration in `text`, laid over `defaults`.
  ///
  /// - Parameters:
  ///   - name: What to call the text in messages, usually its path.
  ///   - isComplete: Whether the text must name every setting, as one that was written whole does.
  /// - Throws: ``ConfigurationError`` with name, line, column and remedy.
  package static func read<Configuration: Codable>(
    _ text: String, name: String, over defaults: Configuration, isComplete: Bool = false
  ) throws -> Configuration {
    let user: Node?
    do {
      user = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError("\(name): not valid YAML: \(error)")
    }
    guard let base = try Yams.compose(yaml: yaml(of: defaults)) else { return defaults }
    guard let user, !isNull(user) else {
      guard !isComplete else { throw incomplete(name, "all settings are") }
      return defaults
    }
    if isComplete { try requireAll(of: base, in: user, name: name, path: "") }
    let merged = try merge(base, user, name: name, path: "")
    do {
      return try YAMLDecoder().decode(Configuration.self, from: Yams.serialize(node: merged))
    } catch let error as DecodingError {
      throw ConfigurationError(explain(error, in: user, name: name))
    }
  }

  /// Lays `user` over `base`. Keys that `base` lacks are refused.
  private static func merge(_ base: Node, _ user: Node, name: String, path: String) throws -> Node {
    guard case .mapping(let defaults) = base, !defaults.isEmpty else { return user }
    // A choice with a name, such as a schedule, is replaced whole: its settings depend on it.
    let isNamed = user.mapping.map { $0["name"] != nil } ?? (user.scalar != nil)
    if defaults["name"] != nil, isNamed, !isNull(user) { return user }
    // No block at all; whether it may be left out is for its type to say.
    if isNull(user), !path.isEmpty { return user }
    guard case .mapping(let given) = user else {
      throw ConfigurationError(
        "\(place(user, name)): \(path.isEmpty ? "the file" : "`\(path)`") takes a block of settings: "
          + "\(keys(of: defaults).joined(separator: ", "))")
    }
    var result = defaults
    for (key, value) in given {
      let text = key.string ?? ""
      let full = path.isEmpty ? text : "\(path).\(text)"
      guard let known = defaults[key] else {
        let names = keys(of: defaults)
        let near = NearMiss.closest(to: text, among: names, limit: 1).first.map {
          "Did you mean `\($0)`?"
        }
        throw ConfigurationError(
          "\(place(key, name)): there is no setting `\(full)`. "
            + (near ?? "There are: \(names.joined(separator: ", ")).")
        )
      }
      result[key] = try merge(known, value, name: name, path: full)
    }
    return .mapping(result)
  }

  private static func requireAll(of base: Node, in user: Node, name: String, path: String) throws {
    guard let defaults = base.mapping, let given = user.mapping, defaults["name"] == nil else {
      return
    }
    for (key, value) in defaults {
      let full = path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")"
      guard let own = given[key] else { throw incomplete(name, "`\(full)` is") }
      try requireAll(of: value, in: own, name: name, path: full)
    }
  }

  private static func incomplete(_ name: String, _ what: String) -> ConfigurationError {
    ConfigurationError(
      "\(name): \(what) missing: the file is damaged, or of another version of sluice. Copy it "
        + "again, or retrain.")
  }

  private static func keys(of mapping: Node.Mapping) -> [String] {
    mapping.keys.compactMap(\.string)
  }

  private static func isNull(_ node: Node) -> Bool {
    if case .scalar(let scalar) = node { return scalar.string.isEmpty || scalar.string == "null" }
    return false
  }

  private static func place(_ node: Node, _ name: String) -> String {
    guard let mark = node.mark else { return name }
    return "\(name):\(mark.line):\(mark.column)"
  }

  /// What is wrong with a value, and where in the file the user wrote it.
  private static func explain(_ error: DecodingError, in user: Node, name: String) -> String {
    let context: DecodingError.Context
    var detail: String
    switch error {
    case .typeMismatch(let type, let found):
      context = found
      detail = "must be \(words(for: type))"
    case .valueNotFound(let type, let found):
      context = found
      detail = "must be \(words(for: type)), it has no value"
    case .keyNotFound(let key, let found):
      context = found
      detail = "lacks `\(key.stringValue)`"
    case .dataCorrupted(let found):
      context = found
      detail = found.debugDescription
    @unknown default:
      return "\(name): \(error)"
    }
    var path = ""
    var node = user
    for key in context.codingPath {
      path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue
      if let index = key.intValue, let sequence = node.sequence, sequence.indices.contains(index) {
        node = sequence[index]
      } else if let inner = node.mapping?[key.stringValue] {
        node = inner
      }
    }
    if let allowed = choices(at: context.codingPath) {
      let given = node.string.map { "is \($0), it " } ?? ""
      detail = "\(given)takes one of: \(allowed)"
    }
    return "\(place(node, name)): \(path.isEmpty ? "the file" : "`\(path)`") \(detail)"
  }

  /// The values of settings that take a word.
  private static func choices(at path: [any CodingKey]) -> String? {
    let keys = path.filter { $0.intValue == nil }.map(\.stringValue)
    switch (keys.last, keys.dropLast().last) {
    case ("gaps", _): return GapPolicy.allCases.map(\.rawValue).joined(separator: ", ")
    case ("schedule", _), ("name", "schedule"):
      return "constant, step, cosine, one_cycle, reduce_on_plateau, or a block with such a `name`"
    case ("optimizer", _), ("name", "optimizer"):
      return OptimizerConfiguration.Algorithm.allCases.map { "\($0.definition.name), " }.joined()
        + "or a block with such a `name`"
    case ("on_nan", _): return "stop, rollback"
    default: return nil
    }
  }

  private static func words(for type: Any.Type) -> String {
    switch type {
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a word"
    case is any Collection.Type: "a list"
    default: "a block of settings, or one of another kind"
    }
  }
}
