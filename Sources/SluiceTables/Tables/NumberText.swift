import SluicePlatform

/// Numbers as text: `-12`, `3.25`, `.5`, `1e-3`.
///
/// Results are correctly rounded. The parts of a short decimal are exact in binary, so that one
/// division or product rounds once; whatever is longer goes to the standard library.
package enum NumberText {
  /// The parts of a decimal: `mantissa` · 10^`exponent`.
  private struct Decimal {
    package var isNegative = false
    package var mantissa: UInt64 = 0
    package var exponent = 0
    /// Whether all digits fit into `mantissa`.
    package var isExact = true
  }

  package static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<
    Int
  > {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, bytes[start] == Byte.space || bytes[start] == Byte.tab { start += 1 }
    while start < end, bytes[end - 1] == Byte.space || bytes[end - 1] == Byte.tab { end -= 1 }
    return start..<end
  }

  /// Nil unless the text is one finite number of the type.
  package static func float(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, point: UInt8 = Byte.point
  ) -> Float? {
    let range = trimmed(bytes, range)
    guard let decimal = scan(bytes, range, point) else { return nil }
    // Integers convert with one rounding; 10¹⁰ is the last power of ten that a Float holds exactly.
    if decimal.isExact, decimal.exponent == 0 {
      return decimal.isNegative ? -Float(decimal.mantissa) : Float(decimal.mantissa)
    }
    if decimal.isExact, decimal.mantissa < 1 << 24, abs(decimal.exponent) <= 10 {
      var power: Float = 1
      for _ in 0..<abs(decimal.exponent) { power *= 10 }
      let value = Float(decimal.mantissa)
      let scaled = decimal.exponent < 0 ? value / power : value * power
      return decimal.isNegative ? -scaled : scaled
    }
    guard let value = Float(text(bytes, range, point)), value.isFinite else { return nil }
    return value
  }

  /// Nil unless the text is one finite number of the type.
  package static func double(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, point: UInt8 = Byte.point
  ) -> Double? {
    let range = trimmed(bytes, range)
    guard let decimal = scan(bytes, range, point) else { return nil }
    if decimal.isExact, decimal.exponent == 0 {
      return decimal.isNegative ? -Double(decimal.mantissa) : Double(decimal.mantissa)
    }
    // 10²² is the last power of ten that a Double holds exactly.
    if decimal.isExact, decimal.mantissa < 1 << 53, abs(decimal.exponent) <= 22 {
      var power = 1.0
      for _ in 0..<abs(decimal.exponent) { power *= 10 }
      let value = Double(decimal.mantissa)
      let scaled = decimal.exponent < 0 ? value / power : value * power
      return decimal.isNegative ? -scaled : scaled
    }
    guard let value = Double(text(bytes, range, point)), value.isFinite else { return nil }
    return value
  }

  /// The number as the standard library reads it.
  private static func text(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ point: UInt8
  ) -> String {
    String(decoding: bytes[range].map { $0 == point ? Byte.point : $0 }, as: UTF8.self)
  }

  /// Nil unless the text is sign, digits with at most one point, and an exponent.
  private static func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ point: UInt8
  ) -> Decimal? {
    var decimal = Decimal()
    var i = range.lowerBound
    let end = range.upperBound
    if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") {
      decimal.isNegative = bytes[i] == UInt8(ascii: "-")
      i += 1
    }
    var digits = 0
    var isFraction = false
    while i < end {
      let byte = bytes[i]
      if byte == point, !isFraction {
        isFraction = true
      } else if byte >= Byte.zero, byte <= Byte.nine {
        digits += 1
        if decimal.mantissa < 1_000_000_000_000_000_000 {
          decimal.mantissa = decimal.mantissa * 10 + UInt64(byte - Byte.zero)
          if isFraction { decimal.exponent -= 1 }
        } else {
          decimal.isExact = false
        }
      } else {
        break
      }
      i += 1
    }
    guard digits > 0 else { return nil }
    if i < end {
      guard bytes[i] | 0x20 == UInt8(ascii: "e") else { return nil }
      i += 1
      var sign = 1
      if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") {
        sign = bytes[i] == UInt8(ascii: "-") ? -1 : 1
        i += 1
      }
      guard i < end else { return nil }
      var exponent = 0
      while i < end {
        guard bytes[i] >= Byte.zero, bytes[i] <= Byte.nine else { return nil }
        exponent = min(exponent * 10 + Int(bytes[i] - Byte.zero), 1_000_000)
        i += 1
      }
      decimal.exponent += sign * exponent
    }
    return decimal
  }

  /// What to do about text that should have been a number.
  package static func remedy(for text: String, point: UInt8 = Byte.point) -> String {
    if point == Byte.comma, Set(text.trimmingBlanks()).isSubset(of: "+-0123456789.,") {
      return "Numbers of this column are written with a decimal comma: 2,5 rather than 2.5."
    }
    let plain = text.trimmingBlanks()
    let digits = plain.filter { $0.isASCII && $0.isNumber }
    let others = Set(plain.filter { !($0.isASCII && $0.isNumber) && $0 != "-" && $0 != "+" })
    switch plain.lowercased().drop(while: { $0 == "-" || $0 == "+" }) {
    case "nan", "inf", "infinity", "na", "n/a", "null", "none":
      return "Sluice needs finite numbers: fill the cell in, or remove the row."
    default: break
    }
    guard !digits.isEmpty, !others.isEmpty else {
      return "Write a number such as 12 or 3.5, or remove the row."
    }
    if others == [","] {
      return plain.count(where: { $0 == "," }) == 1
        ? "Numbers of this column are written with a decimal point: 2.5 rather than 2,5."
        : "Numbers are written without thousands separators: 1234567 rather than 1,234,567."
    }
    if others == [",", "."] {
      return "Numbers are written with a decimal point and without thousands separators: "
        + "1234.5 rather than 1,234.5 or 1.234,5."
    }
    if others.isSubset(of: [" ", "'", "_", "\u{A0}", "\u{202F}", ".", ","]), others != ["."] {
      return "Numbers are written without thousands separators: 1234 rather than 1 234."
    }
    if others.isSubset(of: [".", "e", "E"]) {
      return "Write a number such as 12 or 3.5, within ±3.4e38."
    }
    return "Write the number alone, without units or signs of currency."
  }
}
