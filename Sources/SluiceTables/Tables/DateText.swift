/// A date as it stands in a cell, before it is known which part is the day and which the month.
package struct DateText {
  /// `first`, `second`, `third` as written, 1 where there is none; the format's order is `.dayMonthYear` for both orders
  /// that end with the year.
  package var parts: (Int, Int, Int)
  package var secondOfDay: Int
  package var format: DateFormat
  /// Whether the month or the day has one digit; nil when both have two that begin with no zero,
  /// which fits either way.
  package var isPadded: Bool?
  /// How the month is named; nil where it is a number, and for `May`, which may be either. The format
  /// says `.short` wherever there is a name.
  package var monthName: DateFormat.MonthName?

  /// Nil unless the text is a date in one of the known forms.
  package init?(_ text: Substring.UTF8View) {
    var rest = text
    func number(_ rest: inout Substring.UTF8View) -> (value: Int, digits: Int) {
      var value = 0
      var digits = 0
      while let byte = rest.first, byte >= Byte.zero, byte <= Byte.nine, digits < 9 {
        value = value * 10 + Int(byte - Byte.zero)
        digits += 1
        rest.removeFirst()
      }
      return (value, digits)
    }
    func take(_ character: Character, _ rest: inout Substring.UTF8View) -> Bool {
      guard let byte = rest.first, byte == character.asciiValue else { return false }
      rest.removeFirst()
      return true
    }

    if let named = Self.named(text) {
      self = named
      return
    }
    let first = number(&rest)
    if first.digits == 4, let period = Self.period(of: first.value, &rest, number) {
      (parts, format, isPadded) = period
    } else if first.digits == 8 {
      parts = (first.value / 10_000, first.value / 100 % 100, first.value % 100)
      format = DateFormat(order: .yearMonthDay, dateSeparator: "")
      isPadded = true
    } else {
      guard let mark = rest.first, [UInt8]("-/.".utf8).contains(mark) else { return nil }
      let separator = Character(UnicodeScalar(mark))
      _ = take(separator, &rest)
      let second = number(&rest)
      guard take(separator, &rest) else { return nil }
      var third = number(&rest)
      let short: [(value: Int, digits: Int)]
      if first.digits == 4 {
        format = DateFormat(order: .yearMonthDay, dateSeparator: String(separator))
        short = [second, third]
      } else {
        // With hyphens the year might stand first.
        guard third.digits == 4 || (third.digits == 2 && separator != "-") else { return nil }
        format = DateFormat(order: .dayMonthYear, dateSeparator: String(separator))
        if third.digits == 2 {
          format.hasShortYear = true
          third.value = Self.year(ofTwoDigits: third.value)
        }
        short = [first, second]
      }
      guard short.allSatisfy({ (1...2).contains($0.digits) }) else { return nil }
      parts = (first.value, second.value, third.value)
      if short.contains(where: { $0.digits == 1 }) {
        isPadded = false
      } else {
        isPadded = short.contains { $0.value < 10 } ? true : nil
      }
    }
    secondOfDay = 0
    if !rest.isEmpty {
      let mark: Character = rest.first == Byte.space ? " " : "T"
      guard take(mark, &rest) else { return nil }
      format.timeSeparator = String(mark)
      let hour = number(&rest)
      guard (1...2).contains(hour.digits), hour.value < 24, take(":", &rest) else { return nil }
      let minute = number(&rest)
      guard minute.digits == 2, minute.value < 60 else { return nil }
      format.time = .minutes
      var second = 0
      if take(":", &rest) {
        let found = number(&rest)
        guard found.digits == 2, found.value < 60 else { return nil }
        second = found.value
        format.time = .seconds
      }
      // A fraction of a second is allowed where it is none.
      if format.time == .seconds, take(".", &rest) {
        let fraction = number(&rest)
        guard fraction.digits > 0, fraction.value == 0 else { return nil }
      }
      secondOfDay = hour.value * 3600 + minute.value * 60 + second
      let zone = String(Substring(rest))
      guard ["", "Z", "+00:00"].contains(zone) else { return nil }
      format.zone = zone
    }
    // The day and the month are checked when their order is known; the forms with the year first
    // are known already.
    if format.order != .dayMonthYear, timestamp(in: format.order) == nil { return nil }
  }

  private static func year(ofTwoDigits number: Int) -> Int { number + (number < 70 ? 2000 : 1900) }

  private init(
    parts: (Int, Int, Int), format: DateFormat, isPadded: Bool? = nil,
    monthName: DateFormat.MonthName? = nil
  ) {
    self.parts = parts
    secondOfDay = 0
    self.format = format
    self.isPadded = isPadded
    self.monthName = monthName
  }

  /// A quarter (`Q3 2024`, `2024Q3`, `2024-Q3`), or a date with the name of its month: `Jan 2020`,
  /// `2020 January`, `Jan-20`, `5-Jan-09`, `05 Jan 2020`, `Jan 5, 2020`. Nil for all else.
  private static func named(_ text: Substring.UTF8View) -> DateText? {
    guard (4...18).contains(text.count), text.contains(where: { $0 | 0x20 >= UInt8(ascii: "a") }),
      let tokens = DateTokens(text)
    else { return nil }
    let words = tokens.words
    let separator = tokens.separator
    var format = DateFormat(order: .year, dateSeparator: separator)
    if words.count == 2, let place = words.firstIndex(where: { $0.quarter != nil }) {
      guard let quarter = words[place].quarter, let year = words[1 - place].year,
        separator != "." || place == 1
      else { return nil }
      format.order = place == 1 ? .yearQuarter : .quarterYear
      return DateText(parts: (year, 3 * quarter - 2, 1), format: format)
    }
    guard let place = words.firstIndex(where: { $0.month != nil }),
      let month = words[place].month, !separator.isEmpty
    else { return nil }
    format.monthName = .short
    func year(_ word: DateTokens.Word) -> Int? {
      if let year = word.year { return year }
      // `Jan 20` could be a day.
      guard word.digits == 2, separator == "-" else { return nil }
      format.hasShortYear = true
      return Self.year(ofTwoDigits: word.number)
    }
    func day(_ word: DateTokens.Word) -> Int? {
      (1...2).contains(word.digits) ? word.number : nil
    }
    func padding(_ word: DateTokens.Word) -> Bool? {
      word.digits == 1 ? false : word.number < 10 ? true : nil
    }
    let parts: (Int, Int, Int)
    var isPadded: Bool?
    switch (words.count, place) {
    case (2, 0):
      guard let year = year(words[1]) else { return nil }
      format.order = .monthYear
      parts = (year, month.number, 1)
    case (2, 1):
      guard let year = words[0].year else { return nil }
      format.order = .yearMonth
      parts = (year, month.number, 1)
    case (3, 1) where words[0].digits == 4:
      guard let year = words[0].year, let day = day(words[2]) else { return nil }
      format.order = .yearMonthDay
      parts = (year, month.number, day)
      isPadded = padding(words[2])
    case (3, 1):
      guard let day = day(words[0]), let year = year(words[2]) else { return nil }
      format.order = .dayMonthYear
      parts = (day, month.number, year)
      isPadded = padding(words[0])
    case (3, 0):
      guard tokens.hasComma, let day = day(words[1]), let year = words[2].year else { return nil }
      format.order = .monthDayYear
      parts = (month.number, day, year)
      isPadded = padding(words[1])
    default: return nil
    }
    if tokens.hasComma != (format.order == .monthDayYear) { return nil }
    let found = DateText(parts: parts, format: format, isPadded: isPadded, monthName: month.name)
    return found.timestamp(in: format.order) == nil ? nil : found
  }

  /// What stands behind a year when it is no day: nothing, `-01` for a month, `-W01` for a week.
  ///
  /// Nil, and nothing taken, for all else.
  private static func period(
    of year: Int, _ rest: inout Substring.UTF8View,
    _ number: (inout Substring.UTF8View) -> (value: Int, digits: Int)
  ) -> (parts: (Int, Int, Int), format: DateFormat, isPadded: Bool?)? {
    if rest.isEmpty { return ((year, 1, 1), DateFormat(order: .year, dateSeparator: ""), nil) }
    var ahead = rest
    var separator = ""
    if let mark = ahead.first, [UInt8]("-/.".utf8).contains(mark) {
      separator = String(Character(UnicodeScalar(mark)))
      ahead.removeFirst()
    }
    let isWeek = ahead.first == UInt8(ascii: "W")
    if isWeek { ahead.removeFirst() }
    guard isWeek || !separator.isEmpty else { return nil }
    let second = number(&ahead)
    guard ahead.isEmpty, second.digits == 2 || (second.digits == 1 && !isWeek) else { return nil }
    rest = ahead
    let format = DateFormat(order: isWeek ? .yearWeek : .yearMonth, dateSeparator: separator)
    let isPadded = second.digits == 1 ? false : second.value < 10 ? true : nil
    return ((year, second.value, 1), format, isPadded)
  }

  /// Nil when there is no such day.
  package func timestamp(in order: DateFormat.Order) -> Timestamp? {
    let date =
      switch order {
      case .yearMonthDay: CivilDate(year: parts.0, month: parts.1, day: parts.2)
      case .dayMonthYear: CivilDate(year: parts.2, month: parts.1, day: parts.0)
      case .monthDayYear: CivilDate(year: parts.2, month: parts.0, day: parts.1)
      case .yearMonth, .monthYear, .yearQuarter, .quarterYear, .year, .unixSeconds,
        .unixMilliseconds, .number:
        CivilDate(year: parts.0, month: parts.1, day: 1)
      case .yearWeek:
        CivilDate(year: parts.0, week: parts.1)
      }
    if order == .yearWeek, date.week != (parts.0, parts.1) { return nil }
    guard date.exists, date.year >= 1 else { return nil }
    return Timestamp(date, secondOfDay: secondOfDay)
  }
}

/// The words of a date that has letters: numbers and names, and what stands between them.
private struct DateTokens {
  struct Word {
    /// Digits; 0 for a name.
    var digits = 0
    var number = 0
    /// From 1 to 4, of `Q3`.
    var quarter: Int?
    /// From 1 to 12, and how it is written.
    var month: (number: Int, name: DateFormat.MonthName?)?

    /// Four digits.
    var year: Int? { digits == 4 && number > 0 ? number : nil }
  }

  var words: [Word] = []
  /// The same between all words.
  var separator = ""
  /// Whether a comma stands before the last blank.
  var hasComma = false

  /// Nil for more than three words, and where what stands between them differs.
  init?(_ text: Substring.UTF8View) {
    var word: [UInt8] = []
    var separators: [String] = []
    func isDigit(_ byte: UInt8) -> Bool { byte >= Byte.zero && byte <= Byte.nine }
    func isLetter(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    func finish() -> Bool {
      guard let found = Self.word(word) else { return false }
      words.append(found)
      word = []
      return words.count <= 3
    }
    for byte in text {
      if isDigit(byte) || isLetter(byte) {
        // `2024Q3`: the year ends where the letter begins.
        if isLetter(byte), let last = word.last, isDigit(last) {
          guard finish() else { return nil }
          separators.append("")
        }
        word.append(byte)
      } else if byte == Byte.comma, !word.isEmpty, !hasComma {
        hasComma = true
      } else {
        guard [UInt8]("-/. ".utf8).contains(byte), !word.isEmpty, finish() else { return nil }
        separators.append(String(Character(UnicodeScalar(byte))))
      }
    }
    guard finish(), let first = separators.first, separators.allSatisfy({ $0 == first }) else {
      return nil
    }
    separator = first
  }

  private static func word(_ bytes: [UInt8]) -> Word? {
    guard let first = bytes.first else { return nil }
    if first >= Byte.zero, first <= Byte.nine {
      guard bytes.count <= 4, let number = Int(String(decoding: bytes, as: UTF8.self)) else {
        return nil
      }
      return Word(digits: bytes.count, number: number)
    }
    if bytes.count == 2, first == UInt8(ascii: "Q"),
      (Byte.zero + 1...Byte.zero + 4).contains(bytes[1])
    {
      return Word(quarter: Int(bytes[1] - Byte.zero))
    }
    return MonthNames.find(String(decoding: bytes, as: UTF8.self)).map { Word(month: $0) }
  }
}

/// The English names of months.
enum MonthNames {
  private static let long = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// A month as a format writes it.
  static func text(_ month: Int, _ name: DateFormat.MonthName) -> String {
    let long = long[month - 1]
    return switch name {
    case .long: long
    case .short: String(long.prefix(3))
    case .capitals: long.prefix(3).uppercased()
    }
  }

  /// The month of a name of three letters or in full; nil for all else. How it is written is nil for
  /// `May`, which is both.
  static func find(_ text: String) -> (number: Int, name: DateFormat.MonthName?)? {
    for (index, long) in long.enumerated() {
      if text == long { return (index + 1, text.count == 3 ? nil : .long) }
      guard text.count == 3 else { continue }
      if text == long.prefix(3) { return (index + 1, .short) }
      if text == long.prefix(3).uppercased() { return (index + 1, .capitals) }
    }
    return nil
  }
}
