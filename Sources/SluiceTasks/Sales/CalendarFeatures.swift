import Foundation
import SluiceTables

/// What the calendar says about a step, as inputs of a network.
///
/// In this order: the weekday one-hot, Monday first (7, where steps are no weeks or months); the
/// month one-hot (12, where a year has several steps); sines and cosines of the day of the year;
/// sines and cosines of the time of the day (where steps are shorter than a day).
package struct CalendarFeatures: Hashable, Sendable, Codable {
  package var grid: TimeGrid
  /// How many harmonics the year gets, and the day.
  package var harmonics: Int

  package init(_ grid: TimeGrid, harmonics: Int = 2) {
    self.grid = grid
    self.harmonics = harmonics
  }

  /// The number of features of a step.
  package var count: Int {
    (grid.hasWeekdays ? 7 : 0) + (grid.hasMonths ? 12 + 2 * harmonics : 0)
      + (grid.stepsPerDay > 1 ? 2 * harmonics : 0)
  }

  /// `[steps, count]`: the features of a range of steps, which may reach into the future.
  package func features(_ steps: Range<Int>) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(steps.count * count)
    for step in steps {
      let timestamp = grid.timestamp(at: step)
      let date = timestamp.date
      if grid.hasWeekdays { appendOneHot(date.weekday, of: 7, to: &result) }
      let dayFraction = Double(timestamp.secondOfDay) / 86_400
      if grid.hasMonths {
        appendOneHot(date.month - 1, of: 12, to: &result)
        appendHarmonics((Double(date.dayOfYear) + dayFraction) / 365.25, to: &result)
      }
      if grid.stepsPerDay > 1 { appendHarmonics(dayFraction, to: &result) }
    }
    return result
  }

  private func appendOneHot(_ index: Int, of count: Int, to result: inout [Float]) {
    for k in 0..<count { result.append(k == index ? 1 : 0) }
  }

  private func appendHarmonics(_ phase: Double, to result: inout [Float]) {
    guard harmonics > 0 else { return }
    for k in 1...harmonics {
      let angle = 2 * Double.pi * Double(k) * phase
      result.append(Float(sin(angle)))
      result.append(Float(cos(angle)))
    }
  }
}
