/// How a table writes its dates: read from the table, used again for what is written.
package struct DateFormat: Hashable, Sendable, Codable {
  package enum Order: String, Sendable, Codable {
    case yearMonthDay, dayMonthYear, monthDayYear
    /// Whole periods: a month, a week by ISO 8601, a quarter, a year. Their timestamp is their first day.
    case yearMonth, monthYear, yearWeek, yearQuarter, quarterYear, year
    /// Whole numbers: Unix time in seconds, in milliseconds, and steps that are only numbered, whose
    /// timestamp is no time.
    case unixSeconds, unixMilliseconds, number
  }

  /// How months are named where they are: `Jan`, `JAN`, `January`.
  package enum MonthName: String, Sendable, Codable {
    case short, capitals, long
  }

  package enum Time: String, Sendable, Codable {
    case none, minutes, seconds
  }

  package var order: Order
  /// Between year, month and day: `-`, `/`, `.`, a blank or nothing.
  package var dateSeparator: String
  /// Whether month and day always have two digits.
  package var isPadded = true
  package var time = Time.none
  /// Between day and time: a blank or `T`.
  package var timeSeparator = " "
  /// Written behind the time: nothing, `Z` or `+00:00`.
  package var zone = ""
  /// Nil where months are numbers.
  package var monthName: MonthName?
  /// Whether years have their last two digits only: `1/22/20`, `5-Jan-09`. From 70 on they are of the
  /// 20th century. Nil: no.
  package var hasShortYear: Bool?

  package init(order: Order, dateSeparator: String) {
    self.order = order
    self.dateSeparator = dateSeparator
  }

  /// `2017-12-31`.
  package static let iso = DateFormat(order: .yearMonthDay, dateSeparator: "-")

  /// Whether the cells only number the steps, and are no times.
  package var areNumbers: Bool { order == .number }

  /// Whether the cells are whole numbers, be they dates, times or neither.
  package var isWholeNumber: Bool {
    switch order {
    case .unixSeconds, .unixMilliseconds, .number, .year: true
    case .yearMonthDay, .yearMonth: dateSeparator.isEmpty && time == .none && monthName == nil
    default: false
    }
  }

  /// What messages call the format: `YYYY-MM-DD HH:MM`.
  package var pattern: String {
    let names: [MonthName: String] = [.short: "Mon", .capitals: "MON", .long: "Month"]
    let month = monthName.flatMap { names[$0] } ?? (isPadded ? "MM" : "M")
    let day = isPadded ? "DD" : "D"
    let year = hasShortYear == true ? "YY" : "YYYY"
    let parts =
      switch order {
      case .yearMonthDay: [year, month, day]
      case .dayMonthYear: [day, month, year]
      case .monthDayYear: monthName == nil ? [month, day, year] : ["\(month) \(day), \(year)"]
      case .yearMonth: [year, month]
      case .monthYear: [month, year]
      case .yearWeek: [year, "Www"]
      case .yearQuarter: [year, "Qq"]
      case .quarterYear: ["Qq", year]
      case .year: [year]
      case .unixSeconds: ["Unix seconds"]
      case .unixMilliseconds: ["Unix milliseconds"]
      case .number: ["whole numbers"]
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
    switch order {
    case .unixSeconds, .number: return String(timestamp.seconds)
    case .unixMilliseconds: return String(timestamp.seconds * 1000)
    default: break
    }
    let date = timestamp.date
    let width = isPadded ? 2 : 1
    let year =
      hasShortYear == true ? Self.digits(date.year % 100, 2) : Self.digits(date.year, 4)
    let month =
      monthName.map { MonthNames.text(date.month, $0) } ?? Self.digits(date.month, width)
    let day = Self.digits(date.day, width)
    let quarter = "Q\((date.month + 2) / 3)"
    let parts =
      switch order {
      case .yearMonthDay: [year, month, day]
      case .dayMonthYear: [day, month, year]
      case .monthDayYear: monthName == nil ? [month, day, year] : ["\(month) \(day), \(year)"]
      case .yearMonth: [year, month]
      case .monthYear: [month, year]
      case .yearWeek: [Self.digits(date.week.year, 4), "W" + Self.digits(date.week.number, 2)]
      case .yearQuarter: [year, quarter]
      case .quarterYear: [quarter, year]
      case .year, .unixSeconds, .unixMilliseconds, .number: [year]
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
