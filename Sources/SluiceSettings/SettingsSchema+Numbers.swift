import Yams

// Numbers that YAML reads in a way of its own, of which few people think.

extension SettingsSchema {
  /// The first number of a file that is written in another way than in decimal digits.
  func ambiguousNumber(in node: Node) -> (path: String, text: String, mark: Mark?)? {
    let kinds = Dictionary(
      settings.map { ($0.path, $0.setting.isNumber) }, uniquingKeysWith: { first, _ in first })
    return Self.ambiguousNumber(in: node, at: "", kinds, isInside: false)
  }

  /// - Parameters:
  ///   - kinds: Whether the settings are numbers.
  ///   - isInside: Whether the node lies in the block of a setting, such as a schedule.
  private static func ambiguousNumber(
    in node: Node, at path: String, _ kinds: [String: Bool], isInside: Bool
  ) -> (path: String, text: String, mark: Mark?)? {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        let own = path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")"
        if let found = ambiguousNumber(
          in: value, at: own, kinds, isInside: isInside || kinds[path] != nil)
        {
          return found
        }
      }
      return nil
    case .scalar(let scalar):
      let isNumber = isInside || kinds[path] == true
      guard isNumber, scalar.style == .plain, isAmbiguousNumber(scalar.string) else { return nil }
      return (path, scalar.string, node.mark)
    case .sequence, .alias:
      return nil
    }
  }

  /// Whether text is a whole number that YAML does not read by its decimal digits: `0b11`, `0x1F`,
  /// `0o7`, `010` or `1:30`.
  static func isAmbiguousNumber(_ text: String) -> Bool {
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard let first = digits.first, first.isASCII, first.isNumber else { return false }
    if digits.contains(":") { return digits.allSatisfy { $0.isNumber || $0 == ":" } }
    guard first == "0", digits.count > 1 else { return false }
    return ["b", "o", "x"].contains(digits.dropFirst().first?.lowercased() ?? "")
      || digits.allSatisfy { $0.isNumber || $0 == "_" }
  }
}

extension SettingError {
  static func ambiguousNumber(_ text: String, of path: String, source: Source) -> SettingError {
    SettingError(
      path, "is \(text), which is no number in decimal digits",
      remedy: "Write such as 12 or 0.5, without zeros before it.", source: source)
  }
}
