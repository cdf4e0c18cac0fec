/// The distance between neighbouring rows of a time series.
package enum TimeStep: Hashable, Sendable, Codable {
  /// A fixed number of seconds: half an hour, an hour, a day, a week.
  case seconds(Int)
  /// Calendar months: 1 for monthly data, 3 for quarters, 12 for years.
  case months(Int)
  /// A difference of whole numbers that count steps and are no dates: 1, 2, 3.
  case units(Int)

  package static let day = TimeStep.seconds(86_400)

  /// In words: "day", "30 minutes", "2 weeks"; "unit" of numbered steps.
  package var name: String {
    func plural(_ count: Int, _ unit: String) -> String {
      count == 1 ? unit : "\(count) \(unit)s"
    }
    switch self {
    case .units(let count):
      return plural(count, "unit")
    case .months(let count):
      return count % 12 == 0 ? plural(count / 12, "year") : plural(count, "month")
    case .seconds(let count):
      for (unit, length) in [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)]
      where count % length == 0 {
        return plural(count / length, unit)
      }
      return plural(count, "second")
    }
  }
}

/// Evenly spaced timestamps: a start and a step. Numbers steps from 0.
///
/// Steps that the table numbers itself (``TimeStep/units(_:)``) know no calendar: the seconds of their
/// timestamps are those numbers.
package struct TimeGrid: Hashable, Sendable, Codable {
  package var start: Timestamp
  package var step: TimeStep
  /// For months: whether every timestamp lies on the last day of its month.
  package var isMonthEnd: Bool

  package init(start: Timestamp, step: TimeStep, isMonthEnd: Bool = false) {
    self.start = start
    self.step = step
    self.isMonthEnd = isMonthEnd
  }

  /// The timestamp of a step; negative steps lie before the start.
  package func timestamp(at index: Int) -> Timestamp {
    switch step {
    case .seconds(let length), .units(let length):
      return Timestamp(seconds: start.seconds + index * length)
    case .months(let count):
      let date = start.date
      let month = date.year * 12 + date.month - 1 + index * count
      let year = month >= 0 ? month / 12 : (month - 11) / 12
      let inYear = month - year * 12 + 1
      let last = CivilDate.days(inMonth: inYear, of: year)
      return Timestamp(
        CivilDate(year: year, month: inYear, day: isMonthEnd ? last : min(date.day, last)),
        secondOfDay: start.secondOfDay)
    }
  }

  /// The step of a timestamp; nil when it does not lie on the grid.
  package func index(of timestamp: Timestamp) -> Int? {
    switch step {
    case .seconds(let length), .units(let length):
      let distance = timestamp.seconds - start.seconds
      return distance % length == 0 ? distance / length : nil
    case .months(let count):
      let (a, b) = (start.date, timestamp.date)
      let distance = (b.year - a.year) * 12 + b.month - a.month
      guard distance % count == 0 else { return nil }
      let index = distance / count
      return self.timestamp(at: index) == timestamp ? index : nil
    }
  }

  /// Finds the grid of distinct timestamps, in any order: its step is their most common distance,
  /// its start the first timestamp, moved onto the grid that most of them share.
  ///
  /// Timestamps that all lie on one day of the month (or all on its last day) and are mostly whole
  /// months apart make a grid of months.
  ///
  /// - Parameter areNumbers: Whether the timestamps are numbers of steps, which know no calendar.
  /// - Returns: nil for fewer than two timestamps.
  /// - Complexity: O(n log n).
  package static func find(_ timestamps: [Timestamp], areNumbers: Bool = false) -> TimeGrid? {
    let sorted = timestamps.sorted()
    guard let first = sorted.first else { return nil }
    var counts: [Int: Int] = [:]
    for (a, b) in zip(sorted, sorted.dropFirst()) where a != b {
      counts[b.seconds - a.seconds, default: 0] += 1
    }
    // The shortest of equally common distances.
    guard let step = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) })?.key
    else { return nil }
    if !areNumbers, let months = monthGrid(sorted) { return months }
    var phases: [Int: Int] = [:]
    for timestamp in sorted { phases[remainder(timestamp.seconds, step), default: 0] += 1 }
    let own = remainder(first.seconds, step)
    let phase =
      phases.max { ($0.value, -$0.key) < ($1.value, -$1.key) }.map(\.key) ?? own
    return TimeGrid(
      start: Timestamp(seconds: first.seconds + remainder(phase - own, step)),
      step: areNumbers ? .units(step) : .seconds(step))
  }

  private static func monthGrid(_ sorted: [Timestamp]) -> TimeGrid? {
    let dates = sorted.map(\.date)
    guard let first = dates.first, sorted.allSatisfy({ $0.secondOfDay == sorted[0].secondOfDay })
    else { return nil }
    let isMonthEnd = dates.allSatisfy {
      $0.day == CivilDate.days(inMonth: $0.month, of: $0.year)
    }
    guard isMonthEnd || dates.allSatisfy({ $0.day == first.day }) else { return nil }
    var counts: [Int: Int] = [:]
    for (a, b) in zip(dates, dates.dropFirst()) where a != b {
      counts[(b.year - a.year) * 12 + b.month - a.month, default: 0] += 1
    }
    guard let months = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) })?.key,
      months > 0
    else { return nil }
    return TimeGrid(start: sorted[0], step: .months(months), isMonthEnd: isMonthEnd)
  }

  private static func remainder(_ a: Int, _ b: Int) -> Int {
    let rest = a % b
    return rest < 0 ? rest + b : rest
  }
}
