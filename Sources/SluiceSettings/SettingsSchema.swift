/// A block of settings in a configuration: a type whose stored properties are each a ``Setting``, or a
/// block again.
///
/// Its default value tells all about them; see ``SettingsSchema``.
public protocol SettingsBlock: Codable, Hashable, Sendable {
  /// The defaults.
  init()

  /// Refuses settings that do not fit each other; ranges are checked already.
  ///
  /// - Throws: ``SettingError`` naming the setting.
  func check() throws
}

extension SettingsBlock {
  public func check() throws {}
}

/// What a configuration consists of, read off the default value of its type.
package struct SettingsSchema {
  package let entries: [Entry]

  package struct Entry {
    /// The property's name.
    package let name: String
    /// In YAML.
    package let key: String
    package let content: Content
  }

  package indirect enum Content {
    case setting(any AnySetting)
    case block([Entry])
  }

  /// - Parameter block: Its values are those that ``settings`` gives.
  package init(_ block: any SettingsBlock) {
    entries = Self.entries(of: block)
  }

  package init<Block: SettingsBlock>(of type: Block.Type) {
    self.init(Block())
  }

  private static func entries(of block: Any) -> [Entry] {
    Mirror(reflecting: block).children.compactMap { child in
      guard let label = child.label else { return nil }
      // Wrapped properties are stored under a name with an underscore before it.
      let name = String(label.first == "_" ? label.dropFirst() : label[...])
      if let setting = child.value as? any AnySetting {
        return Entry(name: name, key: setting.key ?? snakeCase(name), content: .setting(setting))
      }
      guard child.value is any SettingsBlock else { return nil }
      return Entry(name: name, key: snakeCase(name), content: .block(entries(of: child.value)))
    }
  }

  /// `batch_size` for `batchSize`.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "_\(letter.lowercased())" : "\(letter)"
    }
  }

  /// A setting and its keys from the outermost block on, joined by points: `training.learning_rate`.
  package typealias Placed = (path: String, setting: any AnySetting)

  /// All settings, in the order of their declaration.
  package var settings: [Placed] { Self.settings(entries, under: "") }

  private static func settings(_ entries: [Entry], under path: String) -> [Placed] {
    entries.flatMap { entry -> [Placed] in
      let own = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      return switch entry.content {
      case .setting(let setting): [(own, setting)]
      case .block(let inner): settings(inner, under: own)
      }
    }
  }

  /// The paths of all blocks.
  package var blocks: Set<String> {
    func paths(_ entries: [Entry], under path: String) -> [String] {
      entries.flatMap { entry -> [String] in
        guard case .block(let inner) = entry.content else { return [] }
        let own = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        return [own] + paths(inner, under: own)
      }
    }
    return Set(paths(entries, under: ""))
  }

  /// The settings that flags set.
  package var flags: [(flag: String, path: String, setting: any AnySetting)] {
    settings.compactMap { placed in placed.setting.flag.map { ($0, placed.path, placed.setting) } }
  }
}

extension SettingsBlock {
  /// Refuses values out of range, and settings that do not fit each other.
  ///
  /// - Throws: ``SettingError`` naming the setting and what it may be.
  public func validate() throws {
    let rules = SettingsSchema(of: Self.self).settings
    for (rule, own) in zip(rules, SettingsSchema(self).settings)
    where !rule.setting.allows(own.setting) {
      throw SettingError(
        own.path, "is \(own.setting.text), it takes \(rule.setting.allowed ?? "other values")")
    }
    try check()
  }
}
