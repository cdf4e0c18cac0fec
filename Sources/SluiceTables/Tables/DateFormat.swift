/// How a table writes its dates: read from the table, used again for what is written.
package struct DateFormat: Hashable, Sendable, Codable {
  package enum Order: String, Sendable, Codable {
    case yearMonthDay, dayMonthYear, monthDayYear
    /// Whole periods: a month, a week by ISO 8601, a year. Their timestamp is their first day.
    case yearMonth, yearWeek, year
  }

  package enum Time: String, Sendable, Codable {
    case none, minutes, seconds
  }

  package var order: Order
  /// Between year, month and day: `-`, `/`, `.` or nothing.
  package var dateSeparator: String
  /// Whether month and day always have two digits.
  package var isPadded = true
  package var time = Time.none
  /// Between day and time: a blank or `T`.
  package var timeSeparator = " "
  /// Written behind the time: nothing, `Z` or `+00:00`.
  package var zone = ""

  package init(order: Order, dateSeparator: String) {
    self.order = order
    self.dateSeparator = dateSeparator
  }

  /// `2017-12-31`.
  package static let iso = DateFormat(order: .yearMonthDay, dateSeparator: "-")

  /// What messages call the format: `YYYY-MM-DD HH:MM`.
  package var pattern: String {
    let (month, day) = isPadded ? ("MM", "DD") : ("M", "D")
    let parts =
      switch order {
      case .yearMonthDay: ["YYYY", month, day]
      case .dayMonthYear: [day, month, "YYYY"]
      case .monthDayYear: [month, day, "YYYY"]
      case .yearMonth: ["YYYY", month]
      case .yearWeek: ["YYYY", "Www"]
      case .year: ["YYYY"]
      }
    let clock =
      switch time {
      case .none: ""
      case .minutes: timeSeparator + "HH:MM"
      case .seconds: timeSeparator + "HH:MM:SS"
      }
    return parts.joined(separator: dateSeparator) + clock + zone
  }

  /// The timestamp as text.
  package func string(_ timestamp: Timestamp) -> String {
    let date = timestamp.date
    let width = isPadded ? 2 : 1
    let year = Self.digits(date.year, 4)
    let month = Self.digits(date.month, width)
    let day = Self.digits(date.day, width)
    let parts =
      switch order {
      case .yearMonthDay: [year, month, day]
      case .dayMonthYear: [day, month, year]
      case .monthDayYear: [month, day, year]
      case .yearMonth: [year, month]
      case .yearWeek: [Self.digits(date.week.year, 4), "W" + Self.digits(date.week.number, 2)]
      case .year: [year]
      }
    var text = parts.joined(separator: dateSeparator)
    if time != .none {
      let second = timestamp.secondOfDay
      text += timeSeparator + Self.digits(second / 3600, 2) + ":"
      text += Self.digits(second / 60 % 60, 2)
      if time == .seconds { text += ":" + Self.digits(second % 60, 2) }
    }
    return text + zone
  }

  private static func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

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
      let third = number(&rest)
      let short: [(value: Int, digits: Int)]
      if first.digits == 4 {
        format = DateFormat(order: .yearMonthDay, dateSeparator: String(separator))
        short = [second, third]
      } else {
        guard third.digits == 4 else { return nil }
        format = DateFormat(order: .dayMonthYear, dateSeparator: String(separator))
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

  /// What stands behind a year when it is no day: nothing, `-01` for a month, `-W01` for a week.
  ///
  /// Nil, and nothing taken, for all else.
  private static func period(
    of year: Int, _ rest: inout Substring.UTF8View,
    _ number: (inout Substring.UTF8View) -> (value: Int, digits: Int)
  ) -> (parts: (Int, Int, Int), format: DateFormat, isPadded: Bool?)? {
    if rest.isEmpty { return ((year, 1, 1), DateFormat(order: .year, dateSeparator: ""), nil) }
    var ahead = rest
    guard let mark = ahead.popFirst(), [UInt8]("-/.".utf8).contains(mark) else { return nil }
    let isWeek = ahead.first == UInt8(ascii: "W")
    if isWeek { ahead.removeFirst() }
    let second = number(&ahead)
    guard ahead.isEmpty, second.digits == 2 || (second.digits == 1 && !isWeek) else { return nil }
    rest = ahead
    let separator = String(Character(UnicodeScalar(mark)))
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
      case .yearMonth, .year: CivilDate(year: parts.0, month: parts.1, day: 1)
      case .yearWeek:
        CivilDate(year: parts.0, week: parts.1)
      }
    if order == .yearWeek, date.week != (parts.0, parts.1) { return nil }
    guard date.exists, date.year >= 1 else { return nil }
    return Timestamp(date, secondOfDay: secondOfDay)
  }
}
