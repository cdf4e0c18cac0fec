import Yams

/// Configurations as YAML.
package enum SettingsText {
  /// The full text: every setting there is.
  ///
  /// - Parameter isExplained: Whether what each setting does stands above it as a comment.
  package static func yaml<Block: SettingsBlock>(of block: Block, isExplained: Bool = false) throws
    -> String
  {
    let text = try Yams.serialize(node: node(of: block))
    guard isExplained else { return text }
    return explained(text, SettingsSchema(of: Block.self).settings)
  }

  /// The settings as nodes, under the keys that files use.
  static func node<Block: SettingsBlock>(of block: Block) throws -> Node {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = false
    guard let node = try Yams.compose(yaml: encoder.encode(block)) else {
      return .mapping(Node.Mapping([]))
    }
    return renamed(
      readable(node), SettingsSchema(of: Block.self).entries, from: \.name, to: \.key)
  }

  /// The same settings as ``node(of:)`` gives.
  ///
  /// - Throws: `DecodingError`, whose path names properties.
  static func decode<Block: SettingsBlock>(_ type: Block.Type, from node: Node) throws -> Block {
    let own = renamed(node, SettingsSchema(of: type).entries, from: \.key, to: \.name)
    return try YAMLDecoder().decode(type, from: Yams.serialize(node: own))
  }

  private static func renamed(
    _ node: Node, _ entries: [SettingsSchema.Entry],
    from old: KeyPath<SettingsSchema.Entry, String>,
    to new: KeyPath<SettingsSchema.Entry, String>
  ) -> Node {
    guard case .mapping(let mapping) = node else { return node }
    return .mapping(
      Node.Mapping(
        mapping.map { key, value in
          guard let entry = entries.first(where: { $0[keyPath: old] == key.string }) else {
            return (key, value)
          }
          let name = Node(entry[keyPath: new])
          if case .block(let inner) = entry.content {
            return (name, renamed(value, inner, from: old, to: new))
          }
          return (name, value)
        }))
  }

  /// The same values as people write them: `0.003` for `3e-3`, short lists on one line.
  static func readable(_ node: Node) -> Node {
    switch node {
    case .mapping(var mapping):
      for (key, value) in mapping { mapping[key] = readable(value) }
      return .mapping(mapping)
    case .sequence(let sequence):
      return .sequence(Node.Sequence(sequence.map { readable($0) }, sequence.tag, .flow))
    case .scalar(var scalar):
      if scalar.style == .plain, scalar.string.contains("e"), let value = Double(scalar.string) {
        scalar.string = "\(value)"
      }
      return .scalar(scalar)
    case .alias:
      return node
    }
  }

  /// Puts comments above the settings.
  private static func explained(_ text: String, _ settings: [SettingsSchema.Placed]) -> String {
    var blocks: [String] = []
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let depth = line.prefix { $0 == " " }.count / 2
      let key = line.dropFirst(2 * depth).prefix { $0 != ":" }
      blocks = blocks.prefix(depth) + [String](repeating: "", count: max(0, depth - blocks.count))
      let path = (blocks + [String(key)]).joined(separator: ".")
      if let found = settings.first(where: { $0.path == path }) {
        let indent = String(repeating: " ", count: 2 * depth)
        var notes = [found.setting.help]
        if let allowed = found.setting.allowed { notes.append("Takes \(allowed).") }
        if let choices = found.setting.choices { notes.append("One of: \(choices).") }
        lines += wrapped(notes.joined(separator: " "), width: 96 - indent.count).map {
          "\(indent)# \($0)"
        }
      }
      lines.append(String(line))
      blocks.append(String(key))
    }
    return lines.joined(separator: "\n")
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
