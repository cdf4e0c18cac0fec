import Foundation
import SluiceTables

/// Series as windows read them: transformed, with running sums, what all have in common, and the
/// calendar. Nothing here depends on where a window lies: a window reads what is before its origin.
struct SeriesPast {
  /// S.
  let seriesCount: Int
  /// T: known steps.
  let steps: Int
  let horizon: Int
  let seasons: SeasonLengths
  let transform: ValueTransform
  /// `[S]`: what amounts are divided by.
  let units: [Float]
  /// `[S]`
  let firstStep: [Int]
  /// `[S, T]`; 0 before a series begins.
  let values: [Float]
  /// `[S, T + 1]`: of the values, and of their absolute changes, before each step.
  let sums: [Double]
  let changes: [Double]
  /// What all series have in common; nil for few series.
  let shared: SharedPast?
  /// `[T + horizon, F]`
  let calendar: [Float]
  let calendarColumns: Int
  /// `[S, T + horizon, X]`, standardised.
  let covariates: [Float]
  let covariateColumns: Int

  /// The mean over the series of their changes, summed up: their common way.
  struct SharedPast {
    /// `[T]`
    var values: [Float]
    /// `[T + 1]`
    var sums: [Double]
    /// `[T + 1]`: steps before each that enough series know.
    var counts: [Int]
    /// `[T + horizon]`: the part of the calendar; empty: not fitted.
    var profile: [Float] = []
    /// `[T + 1]`: of what the profile leaves.
    var rest: [Double] = []
  }

  /// - Parameters:
  ///   - amounts: `[S, T]`, as in the table.
  ///   - origin: The step of the grid that step 0 is.
  ///   - hasShared: Whether the model reads what series have in common.
  ///   - covariates: `[S, T + horizon, X]`, standardised.
  init(
    amounts: [Float], firstStep: [Int], units: [Float], steps: Int, origin: Int, grid: TimeGrid,
    horizon: Int, seasons: SeasonLengths, transform: ValueTransform, hasShared: Bool,
    profile: SharedProfile?, covariates: [Float], covariateColumns: Int
  ) {
    let count = firstStep.count
    var values = [Float](repeating: 0, count: amounts.count)
    var sums = [Double](repeating: 0, count: count * (steps + 1))
    var changes = sums
    for series in 0..<count {
      let row = series * steps
      let sum = series * (steps + 1)
      for step in min(firstStep[series], steps)..<steps {
        values[row + step] = transform(amounts[row + step], unit: units[series])
      }
      for step in 0..<steps {
        sums[sum + step + 1] = sums[sum + step] + Double(values[row + step])
        changes[sum + step + 1] = changes[sum + step]
        if step > firstStep[series] {
          changes[sum + step + 1] += Double(abs(values[row + step] - values[row + step - 1]))
        }
      }
    }
    seriesCount = count
    self.steps = steps
    self.horizon = horizon
    self.seasons = seasons
    self.transform = transform
    self.units = units
    self.firstStep = firstStep
    self.values = values
    self.sums = sums
    self.changes = changes
    let calendar = MixtureCalendar(grid)
    self.calendar = calendar.features(origin..<(origin + steps + horizon))
    calendarColumns = calendar.count
    self.covariates = covariates
    self.covariateColumns = covariateColumns
    shared =
      hasShared
      ? SharedPast(
        values, firstStep, steps,
        profile: profile?.values(origin..<(origin + steps + horizon), on: grid) ?? []) : nil
  }

  /// The mean of a series over the `count` steps before `end`; nil where it has none there.
  @inline(__always)
  func mean(_ series: Int, before end: Int, _ count: Int) -> Float? {
    let end = min(max(end, 0), steps)
    let begin = max(min(max(end - count, 0), steps), firstStep[series])
    guard end > begin else { return nil }
    let row = series * (steps + 1)
    return Float((sums[row + end] - sums[row + begin]) / Double(end - begin))
  }

  /// The mean absolute change over the `count` steps before `end`.
  @inline(__always)
  func meanChange(_ series: Int, before end: Int, _ count: Int) -> Float {
    let begin = max(0, end - count)
    let row = series * (steps + 1)
    let known = end - max(begin, firstStep[series] + 1)
    return Float((changes[row + end] - changes[row + begin]) / Double(max(1, known)))
  }

  /// A value; nil where the series has none.
  @inline(__always)
  func value(_ series: Int, _ step: Int) -> Float? {
    step >= firstStep[series] && step < steps ? values[series * steps + step] : nil
  }
}

extension SeriesPast.SharedPast {
  init(_ series: [Float], _ firstStep: [Int], _ steps: Int, profile: [Float]) {
    let enough = min(5, firstStep.count)
    values = [Float](repeating: 0, count: steps)
    sums = [Double](repeating: 0, count: steps + 1)
    counts = [Int](repeating: 0, count: steps + 1)
    var total = 0.0
    for step in 0..<steps {
      var change = 0.0
      var known = 0
      for row in firstStep.indices where step > firstStep[row] {
        change += Double(series[row * steps + step] - series[row * steps + step - 1])
        known += 1
      }
      if known > 0 { total += change / Double(known) }
      values[step] = Float(total)
      let counts = known >= enough
      sums[step + 1] = sums[step] + (counts ? total : 0)
      self.counts[step + 1] = self.counts[step] + (counts ? 1 : 0)
    }
    guard !profile.isEmpty else { return }
    self.profile = profile
    rest = [0]
    for step in 0..<steps {
      let known = counts[step + 1] > counts[step]
      rest.append(rest[step] + (known ? Double(values[step] - profile[step]) : 0))
    }
  }

  @inline(__always)
  func isKnown(_ step: Int) -> Bool {
    step >= 0 && step < values.count && counts[step + 1] > counts[step]
  }

  @inline(__always)
  func value(_ step: Int) -> Float? { isKnown(step) ? values[step] : nil }

  @inline(__always)
  func mean(before end: Int, _ count: Int) -> Float? { mean(sums, before: end, count) }

  @inline(__always)
  func meanRest(before end: Int, _ count: Int) -> Float? { mean(rest, before: end, count) }

  @inline(__always)
  private func mean(_ sums: [Double], before end: Int, _ count: Int) -> Float? {
    let end = min(max(end, 0), values.count)
    let begin = max(0, end - count)
    let known = counts[end] - counts[begin]
    return known > 0 ? Float((sums[end] - sums[begin]) / Double(known)) : nil
  }
}

/// What the calendar says about a step, in as few numbers as its length asks for.
struct MixtureCalendar {
  private let grid: TimeGrid
  private let months: Int

  init(_ grid: TimeGrid) {
    self.grid = grid
    if case .months(let count) = grid.step, 12 % count == 0, count < 12 {
      months = 12 / count
    } else {
      months = 0
    }
  }

  var count: Int {
    if months > 0 { return months }
    guard grid.hasMonths else { return 0 }
    if grid.stepsPerDay > 1 { return 4 + 7 }
    return grid.hasWeekdays && grid.stepsPerWeek > 1 ? 7 + 1 + 4 : 6
  }

  /// `[steps, count]`
  func features(_ steps: Range<Int>) -> [Float] {
    var result: [Float] = []
    guard count > 0 else { return result }
    result.reserveCapacity(steps.count * count)
    func oneHot(_ index: Int, of count: Int) {
      for k in 0..<count { result.append(k == index ? 1 : 0) }
    }
    func harmonics(_ phase: Double, _ count: Int) {
      for k in 1...count {
        result.append(Float(sin(2 * Double.pi * Double(k) * phase)))
        result.append(Float(cos(2 * Double.pi * Double(k) * phase)))
      }
    }
    for step in steps {
      let timestamp = grid.timestamp(at: step)
      let date = timestamp.date
      let year = Double(date.dayOfYear - 1) / 365.25
      if months > 0 {
        oneHot((date.month - 1) * months / 12, of: months)
      } else if grid.stepsPerDay > 1 {
        harmonics(Double(timestamp.secondOfDay) / 86_400, 2)
        oneHot(date.weekday, of: 7)
      } else if grid.hasWeekdays, grid.stepsPerWeek > 1 {
        oneHot(date.weekday, of: 7)
        result.append((Float(date.day) - 15.5) / 15)
        harmonics(year, 2)
      } else {
        harmonics(year, 3)
      }
    }
    return result
  }
}

/// What weekday and month add to what many daily series have in common, fitted beside the years.
struct SharedProfile: Codable, Hashable, Sendable {
  var weekdays: [Double]
  var months: [Double]

  /// Fits by backfitting on `values`, step 0 of the grid first.
  init(_ values: [Float], on grid: TimeGrid) {
    weekdays = [Double](repeating: 0, count: 7)
    months = [Double](repeating: 0, count: 12)
    let dates = values.indices.map { grid.timestamp(at: $0).date }
    let firstYear = dates.first?.year ?? 0
    var years = [Double](repeating: 0, count: (dates.last?.year ?? 0) - firstYear + 1)
    func fit(_ effects: inout [Double], _ level: (Int) -> Int, _ others: (Int) -> Double) {
      var sums = [Double](repeating: 0, count: effects.count)
      var counts = sums
      for t in values.indices {
        sums[level(t)] += Double(values[t]) - others(t)
        counts[level(t)] += 1
      }
      for l in effects.indices where counts[l] > 0 { effects[l] = sums[l] / counts[l] }
    }
    func centre(_ effects: inout [Double]) {
      let mean = effects.reduce(0, +) / Double(effects.count)
      for l in effects.indices { effects[l] -= mean }
    }
    for _ in 0..<30 {
      fit(&weekdays, { dates[$0].weekday }) { [months, years] in
        months[dates[$0].month - 1] + years[dates[$0].year - firstYear]
      }
      centre(&weekdays)
      fit(&months, { dates[$0].month - 1 }) { [weekdays, years] in
        weekdays[dates[$0].weekday] + years[dates[$0].year - firstYear]
      }
      centre(&months)
      fit(&years, { dates[$0].year - firstYear }) { [weekdays, months] in
        weekdays[dates[$0].weekday] + months[dates[$0].month - 1]
      }
    }
  }

  func values(_ steps: Range<Int>, on grid: TimeGrid) -> [Float] {
    steps.map { step in
      let date = grid.timestamp(at: step).date
      return Float(weekdays[date.weekday] + months[date.month - 1])
    }
  }
}
