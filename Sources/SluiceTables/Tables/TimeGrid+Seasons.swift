extension TimeGrid {
  /// How many steps lie between a step and the same one a year before: on the same weekday, so 364
  /// days, where steps are no months; 1 where they know no calendar.
  package var stepsPerYear: Int {
    switch step {
    case .units:
      return 1
    case .months(let count):
      return max(1, 12 / count)
    case .seconds(let length):
      let days = 364 * 86_400
      return days % length == 0 ? max(1, days / length) : max(1, (365 * 86_400) / length)
    }
  }

  /// How many steps make a week, where a week is more than one; otherwise 1.
  package var stepsPerWeek: Int {
    guard case .seconds(let length) = step, length < 604_800, 604_800 % length == 0
    else { return 1 }
    return 604_800 / length
  }

  /// How many steps make a day, where a day is more than one and whole; otherwise 1.
  package var stepsPerDay: Int {
    guard case .seconds(let length) = step, length < 86_400, 86_400 % length == 0
    else { return 1 }
    return 86_400 / length
  }

  /// Whether neighbouring steps lie on different weekdays, or within one.
  package var hasWeekdays: Bool {
    guard case .seconds(let length) = step else { return false }
    return length % 604_800 != 0
  }

  /// Whether a year has several steps.
  package var hasMonths: Bool {
    switch step {
    case .units: false
    case .months(let count): count < 12
    case .seconds(let length): length <= 180 * 86_400
    }
  }

  /// The calendar year in which a step lies; 0 for all steps that know no calendar.
  package func year(of step: Int) -> Int {
    if case .units = self.step { return 0 }
    return timestamp(at: step).date.year
  }
}
