/// Times that are written as whole numbers: `20240131`, `202401`, `2024`, Unix time, or steps that are
/// only numbered.
enum WholeNumberDate {
  /// The ways to read them, the likeliest first; the last fits any.
  private static let formats = [
    DateFormat(order: .yearMonthDay, dateSeparator: ""),
    DateFormat(order: .yearMonth, dateSeparator: ""),
    DateFormat(order: .year, dateSeparator: ""),
    DateFormat(order: .unixSeconds, dateSeparator: ""),
    DateFormat(order: .unixMilliseconds, dateSeparator: ""),
    DateFormat(order: .number, dateSeparator: ""),
  ]

  /// Years that a number is believed to be.
  private static let years = 1500...2200
  /// From 1990 to 2100.
  private static let unixSeconds = 631_152_000...4_102_444_800

  /// Nil for all but a sign and up to 18 digits.
  static func number(_ text: String) -> Int? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard (1...18).contains(digits.count), digits.allSatisfy({ $0 >= Byte.zero && $0 <= Byte.nine })
    else { return nil }
    return Int(text)
  }

  /// How some numbers are to be read: as `preferred` where that can be, otherwise the likeliest way.
  ///
  /// Of dates with eight digits one in ten may be none: a slip of the pen, to be reported as such.
  static func format(_ texts: [String], preferring preferred: DateFormat?) -> DateFormat {
    func fits(_ format: DateFormat) -> Bool {
      let share = format.order == .yearMonthDay ? 9 : 10
      return 10 * texts.count { timestamp($0, format) != nil } >= share * texts.count
        && (format.order != .yearMonthDay || texts.allSatisfy { $0.utf8.count == 8 })
    }
    if let preferred, formats.contains(preferred), fits(preferred) { return preferred }
    return formats.first(where: fits) ?? formats[formats.count - 1]
  }

  /// Nil where the text is no such time, or none that is believed.
  static func timestamp(_ text: String, _ format: DateFormat) -> Timestamp? {
    guard let number = number(text) else { return nil }
    func date(_ year: Int, _ month: Int, _ day: Int) -> Timestamp? {
      let date = CivilDate(year: year, month: month, day: day)
      return years.contains(year) && date.exists ? Timestamp(date) : nil
    }
    let digits = text.utf8.count
    switch format.order {
    case .yearMonthDay where digits == 8:
      return date(number / 10_000, number / 100 % 100, number % 100)
    case .yearMonth where digits == 6: return date(number / 100, number % 100, 1)
    case .year where digits == 4: return date(number, 1, 1)
    case .unixSeconds where unixSeconds.contains(number): return Timestamp(seconds: number)
    case .unixMilliseconds
    where unixSeconds.contains(number / 1000) && number % 1000 == 0:
      return Timestamp(seconds: number / 1000)
    case .number: return Timestamp(seconds: number)
    default: return nil
    }
  }
}
