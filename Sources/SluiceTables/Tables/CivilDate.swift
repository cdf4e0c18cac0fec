/// A day of the Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
  package var year: Int
  /// From 1 to 12.
  package var month: Int
  /// From 1 to 31.
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day with a number, counted from 1970-01-01.
  ///
  /// The year is taken to begin in March, so that the leap day is its last, and years are counted
  /// in eras of 400 years, which all have 146,097 days.
  package init(dayNumber: Int) {
    let shifted = dayNumber + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  package var dayNumber: Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// Monday is 0, Sunday 6.
  package var weekday: Int {
    // 1970-01-01 was a Thursday.
    let rest = (dayNumber + 3) % 7
    return rest < 0 ? rest + 7 : rest
  }

  /// The week by ISO 8601: weeks begin on Monday, and the first of a year is the one that holds
  /// its 4th of January.
  package var week: (year: Int, number: Int) {
    let thursday = CivilDate(dayNumber: dayNumber - weekday + 3)
    return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
  }

  /// The Monday of a week by ISO 8601; a number that the year does not have runs into the next.
  package init(year: Int, week: Int) {
    let fourth = CivilDate(year: year, month: 1, day: 4)
    self.init(dayNumber: fourth.dayNumber - fourth.weekday + 7 * (week - 1))
  }

  /// The day of the year, from 1.
  package var dayOfYear: Int {
    dayNumber - CivilDate(year: year, month: 1, day: 1).dayNumber + 1
  }

  /// Whether there is such a day.
  package var exists: Bool {
    (1...12).contains(month) && day >= 1 && day <= Self.days(inMonth: month, of: year)
  }

  /// From 28 to 31.
  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// A moment as the table writes it: seconds since 1970-01-01 00:00, in the table's own time zone.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
  package var seconds: Int

  package init(seconds: Int) {
    self.seconds = seconds
  }

  package init(_ date: CivilDate, secondOfDay: Int = 0) {
    seconds = date.dayNumber * 86_400 + secondOfDay
  }

  /// Days since 1970-01-01, rounded down.
  package var dayNumber: Int {
    (seconds - secondOfDay) / 86_400
  }

  /// From 0 to 86,399.
  package var secondOfDay: Int {
    let rest = seconds % 86_400
    return rest < 0 ? rest + 86_400 : rest
  }

  /// The day, without the time.
  package var date: CivilDate { CivilDate(dayNumber: dayNumber) }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.seconds < b.seconds }

  package init(from decoder: any Decoder) throws {
    seconds = try decoder.singleValueContainer().decode(Int.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(seconds)
  }
}
