/// Writes HTML that is XML as well. The one place where text becomes markup: all of it is escaped.
struct Markup {
  private(set) var text = ""

  /// Attributes of an element: names from the source, values from anywhere.
  typealias Attributes = KeyValuePairs<StaticString, String>

  /// An element with what `content` writes inside.
  mutating func element(
    _ name: StaticString, _ attributes: Attributes = [:], _ content: (inout Markup) -> Void
  ) {
    open(name, attributes)
    text += ">"
    content(&self)
    text += "</\(name)>"
  }

  /// An element with a text inside.
  mutating func element(_ name: StaticString, _ attributes: Attributes, _ content: String) {
    element(name, attributes) { $0.write(content) }
  }

  /// An element with a text inside.
  mutating func element(_ name: StaticString, _ content: String) {
    element(name) { $0.write(content) }
  }

  /// An element that never has anything inside.
  mutating func empty(_ name: StaticString, _ attributes: Attributes = [:]) {
    open(name, attributes)
    text += "/>"
  }

  /// Text, escaped.
  mutating func write(_ string: String) { Self.escape(string, into: &text) }

  /// Markup of our own, as it stands.
  mutating func raw(_ markup: StaticString) { text += "\(markup)" }

  private mutating func open(_ name: StaticString, _ attributes: Attributes) {
    text += "<\(name)"
    for (key, value) in attributes {
      text += " \(key)=\""
      Self.escape(value, into: &text)
      text += "\""
    }
  }

  /// What has a meaning in markup becomes an entity; what no document may hold, control characters
  /// above all, becomes U+FFFD.
  private static func escape(_ string: String, into text: inout String) {
    for scalar in string.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\t", "\n", "\r": text += " "
      default: text.unicodeScalars.append(isAllowed(scalar.value) ? scalar : "\u{FFFD}")
      }
    }
  }

  /// Whether a document may hold a character: none for control, none that is no character, and no mark
  /// that turns the direction of what follows it.
  private static func isAllowed(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF, 0x202A...0x202E, 0x2066...0x2069: false
    default: scalar & 0xFFFE != 0xFFFE
    }
  }
}
