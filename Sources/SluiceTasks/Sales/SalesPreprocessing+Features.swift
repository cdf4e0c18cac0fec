#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension SalesPreprocessing {
  /// What the network reads of some series: residuals, levels, calendar, covariates, statics.
  ///
  /// - Parameters:
  ///   - history: S series of D steps.
  ///   - keys: `[S]` keys.
  ///   - futureCovariates: `[S, horizon, X]`: those behind step D; the last ones held where nil.
  ///   - level: The level at step D, where the history is too short to tell.
  /// - Complexity: O(S · (D + horizon)).
  func features(
    of history: SalesHistory, keys: [[String]], calendar: CalendarFeatures,
    futureCovariates: [Float]? = nil, level: Float? = nil
  ) -> SalesFeatures {
    let residuals = residuals(of: history)
    let average = averageResiduals(of: history, residuals)
    var levels = levels(of: average)
    if let level { levels[history.steps] = level }
    let offsets = history.offsets ?? self.offsets
    let indices = keys.map { keyIndices(of: $0) } + [vocabularies.map { _ in 0 }]
    let all = history.origin..<(history.origin + history.steps + horizon)
    return SalesFeatures(
      seriesCount: history.seriesCount, steps: history.steps, horizon: horizon,
      residuals: residuals + average, calendar: calendar.features(all),
      calendarFeatures: calendar.count,
      covariates: scaledCovariates(of: history, future: futureCovariates),
      covariateCount: covariateCentres.count, levels: levels,
      years: all.map { Float(year(of: $0) - year(of: history.origin)) },
      means: offsets.map { ($0 - offsetCentre) / offsetScale } + [0],
      keyIndices: vocabularies.indices.map { column in indices.map { $0[column] } })
  }

  private func year(of step: Int) -> Int { grid.timestamp(at: step).date.year }

  /// `[S, D]`: log1p sales less offset and calendar; 0 before a series begins.
  private func residuals(of history: SalesHistory) -> [Float] {
    let offsets = history.offsets ?? self.offsets
    let bases = (0..<history.steps).map { base(history.origin + $0) }
    var residuals = [Float](repeating: 0, count: history.values.count)
    for series in 0..<history.seriesCount {
      let row = series * history.steps
      for step in min(history.firstStep[series], history.steps)..<history.steps {
        residuals[row + step] = log1p(history.values[row + step]) - offsets[series] - bases[step]
      }
    }
    return residuals
  }

  /// `[D]`: the mean residual of the series that have begun.
  func averageResiduals(of history: SalesHistory) -> [Float] {
    averageResiduals(of: history, residuals(of: history))
  }

  private func averageResiduals(of history: SalesHistory, _ residuals: [Float]) -> [Float] {
    var sums = [Double](repeating: 0, count: history.steps)
    var counts = [Int](repeating: 0, count: history.steps)
    for series in 0..<history.seriesCount {
      let row = series * history.steps
      for step in min(history.firstStep[series], history.steps)..<history.steps {
        sums[step] += Double(residuals[row + step])
        counts[step] += 1
      }
    }
    return zip(sums, counts).map { $1 == 0 ? 0 : Float($0 / Double($1)) }
  }

  /// `[D + 1]`: at each step the mean of up to `levelWindow` steps before it.
  func levels(of average: [Float]) -> [Float] {
    var levels: [Float] = [0]
    var sum = 0.0
    for step in average.indices {
      guard levelWindow > 0 else {
        levels.append(0)
        continue
      }
      sum += Double(average[step])
      if step >= levelWindow { sum -= Double(average[step - levelWindow]) }
      levels.append(Float(sum / Double(min(step + 1, levelWindow))))
    }
    return levels
  }

  /// `[S + 1, D + horizon, X]`, standardised; the row of the average is 0.
  private func scaledCovariates(of history: SalesHistory, future: [Float]?) -> [Float] {
    let width = covariateCentres.count
    guard width > 0 else { return [] }
    let length = history.steps + horizon
    var scaled = [Float](repeating: 0, count: (history.seriesCount + 1) * length * width)
    for series in 0..<history.seriesCount {
      for step in 0..<length {
        for column in 0..<width {
          let value: Float
          if step >= history.steps, let future {
            value = future[(series * horizon + step - history.steps) * width + column]
          } else {
            let known = min(step, history.steps - 1)
            value = history.covariates[(series * history.steps + known) * width + column]
          }
          scaled[(series * length + step) * width + column] =
            (value - covariateCentres[column]) / covariateScales[column]
        }
      }
    }
    return scaled
  }
}

extension SeriesSet {
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
      scales.append(deviation < 1e-6 ? 1 : Float(deviation))
    }
    return (centres, scales)
  }
}
