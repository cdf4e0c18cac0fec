import SluiceTables
import Testing

@testable import SluiceTasks

/// Horizon and history where nothing else is asked for.
struct TimeGridStandardsTests {
  @Test(
    arguments: [
      (.seconds(1), 300), (.seconds(10), 180), (.seconds(60), 240), (.seconds(300), 288),
      (.seconds(600), 288), (.seconds(900), 192), (.seconds(1800), 336), (.seconds(3600), 168),
      (.seconds(7200), 84), (.seconds(12 * 3600), 14), (.seconds(86_400), 90),
      (.seconds(604_800), 13), (.months(1), 12), (.months(3), 4), (.months(12), 1), (.units(1), 12),
      (.units(10), 12),
    ] as [(TimeStep, Int)])
  func theHorizonIsATimeThatPeopleCountIn(_ step: TimeStep, _ steps: Int) {
    let grid = TimeGrid(start: Timestamp(seconds: 0), step: step)
    #expect(grid.standardHorizon == steps)
    if case .seconds(let length) = step, length < 86_400 { #expect(grid.standardHistory == steps) }
  }
}
