import Foundation
import SluiceTables

/// After how many steps series come again: a short season and a long one, 0 where there is none.
struct SeasonLengths: Codable, Hashable, Sendable {
  /// A day of shorter steps, a week of days.
  var short: Int
  /// A week of shorter steps, a year of days, weeks and months.
  var long: Int

  /// - Parameters:
  ///   - length: Steps of the median series. A long season that it does not hold is none.
  init(_ grid: TimeGrid, length: Int, horizon: Int) {
    if grid.stepsPerDay > 1 {
      (short, long) = (grid.stepsPerDay, 7 * grid.stepsPerDay)
    } else if grid.hasWeekdays, grid.stepsPerWeek > 1 {
      (short, long) = (grid.stepsPerWeek, grid.stepsPerYear)
    } else {
      (short, long) = (0, grid.stepsPerYear > 1 ? grid.stepsPerYear : 0)
    }
    if length < long + horizon / 2 + 8 { long = 0 }
    if short > 0, length < 2 * short { short = 0 }
  }

  /// Of the steps before `cut`: by their length, or, where that names no season, as found in them.
  init(_ set: SeriesSet, cut: Int, horizon: Int) {
    let length = set.medianLength(until: cut)
    self.init(set.grid, length: length, horizon: horizon)
    guard let found = FoundSeason.steps(set, cut: cut), length >= 2 * found else { return }
    short = found
  }

  /// Steps whose mean is a level: a short season, or a thirteenth of the long one.
  var level: Int {
    short > 0 ? short : max(1, Int((Double(long > 0 ? long : 13) / 13).rounded()))
  }

  /// Steps of the past that the encoder reads where nothing else is asked for: 16 to 96.
  func history(length: Int) -> Int {
    let wanted = short > 0 ? max(2 * short, 28) : max(min(long, 52), 16)
    return max(6, min(wanted, 96, length / 2))
  }

  /// Steps that a window of a series must have behind it.
  func past(length: Int) -> Int {
    min(max(2 * level, long > 0 ? long + 4 : 0), max(length / 2, 3))
  }
}
