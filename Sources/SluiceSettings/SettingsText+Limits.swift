import Yams

extension SettingsText {
  /// The YAML of a file, unless it is far larger than settings are, whatever it stands for.
  ///
  /// - Parameter name: Of the file, for messages.
  /// - Throws: ``SettingError``.
  static func composed(_ text: String, name: String) throws -> Node? {
    // What is a table by mistake is not read to its end, nor is what is nested without one.
    guard text.utf8.count <= 1 << 20, depth(of: text) <= 64 else {
      throw SettingError(
        "", "is too large for settings, or nested too deeply",
        remedy: "Give a file such as `sluice config` prints.", source: .file(name))
    }
    let node: Node?
    do {
      // Some editors begin a file with a mark of its encoding.
      node = try Yams.compose(yaml: text.first == "\u{FEFF}" ? String(text.dropFirst()) : text)
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw SettingError(
        keys.first ?? "", "is given twice", remedy: "Leave one of them.",
        source: .file("\(name):\(context.mark.line):\(context.mark.column)"))
    } catch {
      throw SettingError("", "is not valid YAML: \(error)", source: .file(name))
    }
    var left = 100_000
    guard node?.isSmaller(than: &left) != false else {
      throw SettingError(
        "", "stands for more values than settings have",
        remedy: "Write the values out instead of aliases (`*name`).", source: .file(name))
    }
    return node
  }

  /// How deeply brackets and dashes nest at most, wherever they stand.
  private static func depth(of text: String) -> Int {
    var (depth, most, dashes) = (0, 0, 0)
    var last = UInt8(ascii: "\n")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      // A line of dashes is none.
      case UInt8(ascii: "-"), UInt8(ascii: "?"): dashes = byte == last ? 0 : dashes + 1
      case UInt8(ascii: " "): break
      default: dashes = 0
      }
      most = max(most, depth + dashes)
      last = byte
    }
    return most
  }
}

extension Node {
  /// Whether it has at most `left` values, those of aliases included, of which that many are left then.
  ///
  /// - Complexity: O(left), whatever it stands for.
  fileprivate func isSmaller(than left: inout Int) -> Bool {
    left -= 1
    guard left >= 0 else { return false }
    switch self {
    case .scalar, .alias: return true
    case .sequence(let sequence): return sequence.allSatisfy { $0.isSmaller(than: &left) }
    case .mapping(let mapping):
      return mapping.allSatisfy { $0.isSmaller(than: &left) && $1.isSmaller(than: &left) }
    }
  }
}
