extension Console {
  /// Text that a terminal shows and does not obey: control characters, which cells of tables may hold,
  /// become signs that stand for them. Line feeds and tabs stay.
  ///
  /// - Complexity: O(length of the text).
  static func neutral(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isCommand) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      shown.append(isCommand(scalar) ? sign(of: scalar) : scalar)
    }
    return String(shown)
  }

  private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F...0x9F: true
    default: false
    }
  }

  /// `␛` for an escape.
  private static func sign(of scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    default: "\u{FFFD}"
    }
  }
}
