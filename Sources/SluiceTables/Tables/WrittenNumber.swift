/// A number as people write it: `1,234.50`, `1.234,50`, `1 234`, `1'234`, `$5`, `5 €`, `(5)`, `12%`.
///
/// What the marks in it mean depends on what stands before decimals; ``plain(point:)`` takes it to be one
/// or the other.
struct WrittenNumber {
  /// Digits and the marks between them.
  private let core: [Unicode.Scalar]
  private let isNegative: Bool
  /// The sign of a currency, or of percent; empty: none.
  let unit: String

  static let percent = "%"

  /// Nil unless the text is digits, marks between them, and at most a sign and a unit.
  init?(_ text: String) {
    var scalars = Self.trimmed(Array(text.unicodeScalars)[...])
    var isNegative = false
    if scalars.count > 2, scalars.first == "(", scalars.last == ")" {
      isNegative = true
      scalars = Self.trimmed(scalars.dropFirst().dropLast())
    }
    guard var first = scalars.firstIndex(where: Self.isDigit),
      let last = scalars.lastIndex(where: Self.isDigit)
    else { return nil }
    // `.5` and `$.5`, but not `Rs.5`.
    if first > scalars.startIndex, scalars[first - 1] == "." || scalars[first - 1] == ",",
      first - 1 == scalars.startIndex || !scalars[first - 2].properties.isAlphabetic
    {
      first -= 1
    }
    var before = Self.trimmed(scalars[..<first])
    for atStart in [true, false] {
      guard let mark = atStart ? before.first : before.last, Self.signs.contains(mark) else {
        continue
      }
      guard !isNegative else { return nil }
      isNegative = mark != "+"
      before = Self.trimmed(atStart ? before.dropFirst() : before.dropLast())
      break
    }
    let behind = Self.trimmed(scalars[(last + 1)...])
    guard before.isEmpty || behind.isEmpty else { return nil }
    let unit = String(String.UnicodeScalarView(before.isEmpty ? behind : before))
    guard unit.isEmpty || unit == Self.percent && before.isEmpty || Self.isCurrency(unit) else {
      return nil
    }
    self.unit = unit
    self.isNegative = isNegative
    core = Array(scalars[first...last])
  }

  /// The number in digits, with a point before its decimals; nil where its marks cannot be meant so.
  ///
  /// Thousands are set apart by one kind of mark, in groups of three; between commas also as lakhs,
  /// `12,34,567`.
  ///
  /// - Parameter point: What stands before decimals: `.` or `,`.
  func plain(point: UInt8) -> [UInt8]? {
    let point = Unicode.Scalar(point)
    var digits: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    let signs = digits.count
    var group: Unicode.Scalar?
    // Digits since the last mark.
    var run = 0
    var isFraction = false
    for scalar in core {
      if Self.isDigit(scalar) {
        digits.append(UInt8(scalar.value))
        run += 1
      } else if scalar == point {
        guard !isFraction, group == nil || run == 3 else { return nil }
        isFraction = true
        digits.append(Byte.point)
      } else {
        guard let mark = Self.groupMark(scalar), !isFraction else { return nil }
        if let group {
          guard mark == group, run == 3 || (run == 2 && mark == ",") else { return nil }
        } else {
          guard (1...3).contains(run), digits[signs] != Byte.zero else { return nil }
          group = mark
        }
        run = 0
      }
    }
    return group == nil || isFraction || run == 3 ? digits : nil
  }

  /// Whether there is a point or a comma in it.
  var isMarked: Bool { core.contains { $0 == "." || $0 == "," } }

  private static let signs: Set<Unicode.Scalar> = ["-", "+", "\u{2212}"]

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    [" ", "\t", "\u{A0}", "\u{202F}", "\u{2009}"].contains(scalar)
  }

  private static func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
    guard let last = scalars.lastIndex(where: { !isBlank($0) }) else { return [] }
    return scalars[...last].drop(while: isBlank)
  }

  /// The marks that set thousands apart, one for each kind; nil for all else.
  private static func groupMark(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar {
    case ",", ".", "_": scalar
    case "'", "\u{2019}": "'"
    case _ where isBlank(scalar): " "
    default: nil
    }
  }

  private static let currencies: Set<String> = [
    "USD", "EUR", "GBP", "JPY", "CNY", "RMB", "INR", "CHF", "AUD", "CAD", "NZD", "SEK", "NOK",
    "DKK",
    "PLN", "CZK", "HUF", "BRL", "MXN", "ZAR", "KRW", "TRY", "RUB", "SGD", "HKD", "kr", "zł", "Kč",
    "Ft", "Rs", "Rs.", "Fr.", "元", "円",
  ]

  /// `€`, `R$`, `EUR`.
  private static func isCurrency(_ unit: String) -> Bool {
    if currencies.contains(unit) { return true }
    let letters = unit.unicodeScalars.filter { $0.properties.generalCategory != .currencySymbol }
    return letters.count == unit.unicodeScalars.count - 1 && letters.count <= 2
      && letters.allSatisfy { $0.isASCII && $0.properties.isAlphabetic }
  }
}

extension NumberText {
  /// Nil unless the text is one finite number, which may have thousands separators and the sign of a
  /// currency or of percent.
  package static func written(_ text: String, point: UInt8) -> Double? {
    value(of: text, point: point)
      ?? WrittenNumber(text)?.plain(point: point).flatMap { value(of: $0, point: Byte.point) }
  }

  /// Nil unless the text is one finite number, blanks around it left out.
  package static func value(of text: String, point: UInt8 = Byte.point) -> Double? {
    value(of: Array(text.utf8), point: point)
  }

  private static func value(of bytes: [UInt8], point: UInt8) -> Double? {
    bytes.withUnsafeBufferPointer { double($0, 0..<$0.count, point: point) }
  }
}
