import SluicePlatform
import SluiceTables

// What a set looks like from a step of its own past: nothing here looks behind the cut.

extension SeriesSet {
  /// What a model may learn from and read at step `cut`: the set as it was known then, its rare
  /// zeros bridged. Fitting, training and forecasting must all see the same.
  func learnable(at cut: Int) -> SeriesSet {
    asKnown(at: cut).withoutRareZeros(until: cut)
  }

  /// The set as it was known at step `cut`: a gap that reaches over the cut holds the last value
  /// before it, instead of leading to one that lay in the future.
  ///
  /// - Complexity: O(S) without interpolated values.
  func asKnown(at cut: Int) -> SeriesSet {
    guard !interpolated.isEmpty else { return self }
    var set = self
    for series in 0..<seriesCount {
      let first = firstStep[series]
      guard first < cut,
        let last = (first..<cut).last(where: { !isInterpolated(series: series, step: $0) })
      else { continue }
      for step in (last + 1)..<max(cut, last + 1) {
        set.values[series * stepCount + step] = self[series, last]
      }
    }
    return set
  }

  /// The set with the rare zeros before step `cut` taken as days on which nothing could be sold: a
  /// stocktaking, a storm. They say nothing of other days, and in logarithms they outweigh hundreds.
  ///
  /// A zero is rare where less than one step in twenty of its series is 0 and it lies in a run of at
  /// most a fortnight's worth of steps (14) that does not reach the cut. It becomes the value of a
  /// week before, or the next one. A series that closes every Sunday, sells now and then or has
  /// stopped to sell keeps its zeros.
  func withoutRareZeros(until cut: Int) -> SeriesSet {
    var set = self
    let week = grid.stepsPerWeek
    for series in 0..<seriesCount {
      let row = series * stepCount
      let range = min(firstStep[series], cut)..<cut
      let zeros = range.count { values[row + $0] == 0 }
      guard zeros > 0, zeros * 20 < range.count else { continue }
      var step = range.lowerBound
      while step < cut {
        guard values[row + step] == 0 else {
          step += 1
          continue
        }
        let end = (step..<cut).first { values[row + $0] != 0 } ?? cut
        if end < cut && end - step <= 14 {
          for zero in step..<end {
            let before = zero - week
            set.values[row + zero] =
              before >= range.lowerBound ? set.values[row + before] : values[row + end]
          }
        }
        step = end
      }
    }
    return set
  }

  /// Refuses amounts below 0, of which there are no logarithms.
  ///
  /// - Throws: ``TableError`` naming the first.
  func refuseNegatives() throws(TableError) {
    for series in 0..<seriesCount {
      for step in firstStep[series]..<stepCount where self[series, step] < 0 {
        throw TableError(
          file: file,
          what: "\(self[series, step]) on \(dateText(step))"
            + "\(Self.suffix(columns.series, keys[series])) in column \"\(columns.target)\" is negative",
          remedy: "These settings count from 0 up: take the standard ones, or set the cell to 0.")
      }
    }
  }

  /// Refuses what no model could be made of: amounts that single precision cannot scale, and dates
  /// whose forecasts could not be written.
  ///
  /// - Throws: ``TableError``.
  func refuseExtremes(horizon: Int) throws(TableError) {
    guard grid.isPlausible(steps: stepCount + horizon) else {
      throw TableError(
        file: file,
        what:
          "a forecast of \(horizon) steps from \(dateText(stepCount - 1)) on would end beyond the "
          + "year 9999",
        remedy: "Correct the dates in column \"\(columns.date)\", or choose a shorter horizon.")
    }
    for series in 0..<seriesCount {
      let most = (firstStep[series]..<stepCount).reduce(Float(0)) { max($0, abs(self[series, $1])) }
      guard most > 0, !(1e-30...1e30).contains(most) else { continue }
      throw TableError(
        file: file,
        what: "the amounts\(Self.suffix(columns.series, keys[series])) in column "
          + "\"\(columns.target)\" go up to \(most): they must lie between 1e-30 and 1e30",
        remedy: "Write them in a unit that makes them \(most < 1 ? "larger" : "smaller").")
    }
  }

  /// The mean absolute amount of a series before step `cut`; 1 where there is none.
  func unit(of series: Int, until cut: Int) -> Float {
    let first = min(firstStep[series], cut)
    let sum = (first..<cut).reduce(0.0) { $0 + Double(abs(self[series, $1])) }
    return sum > 0 ? Float(sum / Double(cut - first)) : 1
  }

  /// The set with every series measured in its own unit.
  func divided(by units: [Float]) -> SeriesSet {
    guard units.contains(where: { $0 != 1 }) else { return self }
    var set = self
    for series in 0..<seriesCount where units[series] != 1 {
      for place in (series * stepCount)..<((series + 1) * stepCount) {
        set.values[place] /= units[series]
      }
    }
    return set
  }

  /// The mean of the positive values of a series before step `cut`; 0 where there is none.
  func meanOfPositive(series: Int, until cut: Int) -> Float {
    var sum = 0.0
    var count = 0
    for step in min(firstStep[series], cut)..<cut where self[series, step] > 0 {
      sum += Double(self[series, step])
      count += 1
    }
    return count == 0 ? 0 : Float(sum / Double(count))
  }

  /// The smallest positive value of a series before step `cut`; 0 where there is none.
  func smallestPositive(series: Int, until cut: Int) -> Float {
    let row = series * stepCount
    return values[(row + min(firstStep[series], cut))..<(row + cut)].lazy.filter { $0 > 0 }.min()
      ?? 0
  }

  /// The mean of log1p over the steps `0 ..< steps` of all series, from where they begin.
  func meanLog(steps: Int) -> Double {
    var sum = 0.0
    var count = 0
    for series in 0..<seriesCount {
      for step in min(firstStep[series], steps)..<steps {
        sum += Double(log1p(self[series, step]))
        count += 1
      }
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  /// Mean and standard deviation of each covariate over the steps `0 ..< steps`; 1 where one never
  /// changes.
  func covariateMoments(steps: Int) -> (centres: [Float], scales: [Float]) {
    var centres: [Float] = []
    var scales: [Float] = []
    for column in 0..<covariateCount {
      var sum = 0.0
      var squares = 0.0
      for series in 0..<seriesCount {
        for step in 0..<steps {
          let value = Double(covariates[(series * stepCount + step) * covariateCount + column])
          sum += value
          squares += value * value
        }
      }
      let count = Double(max(1, seriesCount * steps))
      let mean = sum / count
      let deviation = max(0, squares / count - mean * mean).squareRoot()
      centres.append(Float(mean))
      scales.append(deviation < 1e-6 * max(1, abs(mean)) ? 1 : Float(deviation))
    }
    return (centres, scales)
  }
}
