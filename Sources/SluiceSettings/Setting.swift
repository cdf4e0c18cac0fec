import Yams

/// One setting: its default, what it may be, what it does, and the flag that sets it.
///
/// A configuration is a ``SettingsBlock`` of such properties. What stands here is all there is to say
/// about a setting: reading YAML, writing it, the command's flags and their help, and the errors for
/// values out of range are made from it. Its key is the property's name in snake case.
///
/// ```swift
/// @Setting("Windows per optimizer step.", in: 1...1 << 20, flag: "batch-size") var batchSize = 128
/// ```
@propertyWrapper
public struct Setting<Value: Codable & Hashable & Sendable>: Sendable {
  public var wrappedValue: Value
  /// What it does, in one sentence or more.
  package let help: String
  /// In YAML; nil: the property's name in snake case.
  package let key: String?
  /// Sets it on the command line, without the leading `--`; nil: none does.
  package let flag: String?
  /// What the flag does, where that is not what the setting does: flags of Booleans turn the default
  /// over.
  package let flagHelp: String?
  /// What it may be, in words: `1 to 16`; nil: whatever its type takes.
  package let allowed: String?
  /// Whether configurations of models and runs that are older than the setting lack it: there it has its
  /// default.
  package let isAddition: Bool
  private let isAllowed: (@Sendable (Value) -> Bool)?

  private init(
    _ value: Value, _ help: String, key: String?, flag: String?, flagHelp: String? = nil,
    allowed: String?, isAddition: Bool = false, isAllowed: (@Sendable (Value) -> Bool)?
  ) {
    wrappedValue = value
    self.help = help
    self.key = key
    self.flag = flag
    self.flagHelp = flagHelp
    self.allowed = allowed
    self.isAddition = isAddition
    self.isAllowed = isAllowed
  }

  /// A setting that takes whatever its type does. A flag of a Boolean turns the default over.
  public init(
    wrappedValue: Value, _ help: String, key: String? = nil, flag: String? = nil,
    flagHelp: String? = nil, isAddition: Bool = false
  ) {
    self.init(
      wrappedValue, help, key: key, flag: flag, flagHelp: flagHelp, allowed: nil,
      isAddition: isAddition, isAllowed: nil)
  }

  /// A number between two bounds.
  public init(
    wrappedValue: Value, _ help: String, in range: ClosedRange<Value>, key: String? = nil,
    flag: String? = nil, isAddition: Bool = false
  ) where Value: Comparable {
    self.init(
      wrappedValue, help, key: key, flag: flag, allowed: Bounds.text(range), isAddition: isAddition,
      isAllowed: { range.contains($0) })
  }

  /// A number between two bounds, the upper one left out.
  public init(
    wrappedValue: Value, _ help: String, in range: Range<Value>, key: String? = nil,
    flag: String? = nil
  ) where Value: Comparable {
    self.init(
      wrappedValue, help, key: key, flag: flag, allowed: Bounds.text(range),
      isAllowed: { range.contains($0) })
  }

  /// A number between two bounds, or none.
  public init<Number: Comparable>(
    wrappedValue: Number?, _ help: String, in range: ClosedRange<Number>, key: String? = nil,
    flag: String? = nil
  ) where Value == Number? {
    self.init(
      wrappedValue, help, key: key, flag: flag, allowed: Bounds.text(range),
      isAllowed: { $0.map(range.contains) ?? true })
  }
}

/// Ranges in words.
package enum Bounds {
  package static func text<Number>(_ range: ClosedRange<Number>) -> String {
    if let lowest = range.lowerBound as? Double, lowest == .leastNormalMagnitude {
      return "a number above 0"
    }
    if let highest = range.upperBound as? Double, highest == 1.0.nextDown {
      return "\(plain(range.lowerBound)) up to, but not, 1"
    }
    return "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
  }

  package static func text<Number>(_ range: Range<Number>) -> String {
    "\(plain(range.lowerBound)) up to, but not, \(plain(range.upperBound))"
  }

  /// `1` for 1.0.
  private static func plain<Number>(_ value: Number) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// Whose values have names, of which a message can list all.
package protocol NamedChoices {
  static var choices: String { get }
}

/// One of a few words.
package protocol SettingChoice: NamedChoices, CaseIterable, RawRepresentable
where RawValue == String {}

extension SettingChoice {
  package static var choices: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Optional: NamedChoices where Wrapped: NamedChoices {
  package static var choices: String { Wrapped.choices }
}

// Equal settings hold equal values; in files they are their values, nulls included, so that a
// configuration shows every key it has.

extension Setting: Hashable {
  public static func == (a: Setting, b: Setting) -> Bool { a.wrappedValue == b.wrappedValue }

  public func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue) }
}

extension Setting: Codable {
  /// What a decoded setting may be, its type's default value knows: see ``SettingsSchema``.
  public init(from decoder: any Decoder) throws {
    self.init(wrappedValue: try decoder.singleValueContainer().decode(Value.self), "")
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

/// A setting whatever its value is.
package protocol AnySetting {
  var help: String { get }
  var key: String? { get }
  var flag: String? { get }
  var flagHelp: String? { get }
  var allowed: String? { get }
  var isAddition: Bool { get }
  /// What it may be called, where that is a word.
  var choices: String? { get }
  /// Whether its flag takes no value.
  var isSwitch: Bool { get }
  /// Whether its values may begin with a minus sign.
  var isNumber: Bool { get }
  /// Whether its flag takes several words, commas between them.
  var isList: Bool { get }
  /// The value as a message shows it.
  var text: String { get }

  /// Whether the value of another setting of this kind is one that this one may have.
  func allows(_ other: any AnySetting) -> Bool

  /// What a flag's text stands for.
  func node(of text: String) -> Node
}

extension Setting: AnySetting {
  package var choices: String? { (Value.self as? any NamedChoices.Type)?.choices }

  package var isSwitch: Bool { Value.self == Bool.self }

  package var isNumber: Bool {
    switch Value.self {
    case is Int.Type, is Int?.Type, is Double.Type, is Double?.Type, is UInt64.Type: true
    default: false
    }
  }

  package var isList: Bool { Value.self == [String].self || Value.self == [String]?.self }

  package var text: String {
    if let value = wrappedValue as? any OptionalValue { return value.text ?? "null" }
    if let value = wrappedValue as? any SettingChoice { return value.rawValue }
    return "\(wrappedValue)"
  }

  package func allows(_ other: any AnySetting) -> Bool {
    guard let isAllowed, let other = other as? Setting<Value> else { return true }
    return isAllowed(other.wrappedValue)
  }

  package func node(of text: String) -> Node {
    func word(_ text: some StringProtocol) -> Node {
      .scalar(Node.Scalar(String(text), Tag(.str), .doubleQuoted))
    }
    switch Value.self {
    case is Bool.Type: return .scalar(Node.Scalar("\(!((wrappedValue as? Bool) ?? false))"))
    case is String.Type, is String?.Type: return word(text)
    case _ where isList:
      let names = text.split(separator: ",").map { $0.trimmedBlanks }
      return .sequence(Node.Sequence(names.map { word($0) }))
    default:
      // What is left open is found from the data; people call that auto.
      let isOpen = text == "auto" && wrappedValue is any OptionalValue
      return .scalar(Node.Scalar(isOpen ? "null" : text))
    }
  }
}

private protocol OptionalValue {
  var text: String? { get }
}

extension Optional: OptionalValue {
  var text: String? { map { "\($0)" } }
}

extension Substring {
  fileprivate var trimmedBlanks: Substring {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
