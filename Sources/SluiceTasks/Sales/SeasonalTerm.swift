import SluiceTables

/// A part of the calendar that sales depend on: each step of a grid has one of its levels.
package enum SeasonalTerm: String, Hashable, Sendable, Codable {
  /// The time of the day on each weekday.
  case timeOfWeek
  /// The time of the day, on all weekdays alike.
  case timeOfDay
  case weekday
  case month

  /// The terms that `count` steps of a grid can tell: by weekday and month for days, with the time
  /// of the day for shorter steps, by month alone for weeks and months.
  ///
  /// The time of the day gets a level for each weekday where each is seen four times. Months are
  /// left out where not all twelve are seen: their effect could not be told from a trend.
  package static func terms(of grid: TimeGrid, count: Int) -> [SeasonalTerm] {
    var terms: [SeasonalTerm] = []
    if grid.stepsPerDay > 1 {
      if grid.stepsPerWeek > 1, count >= 4 * grid.stepsPerWeek {
        terms.append(.timeOfWeek)
      } else {
        terms += [.timeOfDay, .weekday]
      }
    } else if grid.hasWeekdays {
      terms.append(.weekday)
    }
    if grid.hasMonths {
      let months = Set((0..<count).map { grid.timestamp(at: $0).date.month })
      let possible = Set((0..<36).map { grid.timestamp(at: $0).date.month })
      let all: Int =
        switch grid.step {
        case .months, .units: possible.count
        case .seconds: 12
        }
      if months.count == all { terms.append(.month) }
    }
    return terms
  }

  /// How many levels the term has on a grid.
  package func levelCount(on grid: TimeGrid) -> Int {
    switch self {
    case .timeOfWeek: 7 * grid.stepsPerDay
    case .timeOfDay: grid.stepsPerDay
    case .weekday: 7
    case .month: 12
    }
  }

  /// The level of a step, from 0.
  package func level(of step: Int, on grid: TimeGrid) -> Int {
    let timestamp = grid.timestamp(at: step)
    switch self {
    case .timeOfWeek:
      return timestamp.date.weekday * grid.stepsPerDay + Self.slot(timestamp, grid)
    case .timeOfDay: return Self.slot(timestamp, grid)
    case .weekday: return timestamp.date.weekday
    case .month: return timestamp.date.month - 1
    }
  }

  private static func slot(_ timestamp: Timestamp, _ grid: TimeGrid) -> Int {
    timestamp.secondOfDay * grid.stepsPerDay / 86_400
  }
}
