extension SalesPreprocessing {
  /// What the network reads of some series: residuals, levels, calendar, covariates, statics.
  ///
  /// - Parameters:
  ///   - history: S series of D steps.
  ///   - futureCovariates: `[S, horizon, X]`: those behind step D; the last ones held where nil.
  ///   - knowsLevels: Whether the levels at step D are those of the facts, the history being too
  ///     short to tell.
  /// - Complexity: O(S · (D + horizon)).
  func features(
    of history: SalesHistory, calendar: CalendarFeatures, futureCovariates: [Float]? = nil,
    knowsLevels: Bool = false
  ) -> SalesFeatures {
    let residuals = residuals(of: history)
    var levels: [Float] = []
    levels.reserveCapacity((history.seriesCount + 1) * (history.steps + 1))
    for series in history.facts.indices.map(Optional.some) + [nil] {
      levels += self.levels(residuals, series: series)
      if knowsLevels {
        levels[levels.count - 1] = series.map { history.facts[$0].level } ?? averageLevel
      }
    }
    let indices = vocabularies.map { vocabulary in
      Dictionary(uniqueKeysWithValues: zip(vocabulary, Int32(1)...))
    }
    let all = history.origin..<(history.origin + history.steps + horizon)
    return SalesFeatures(
      seriesCount: history.seriesCount, steps: history.steps, horizon: horizon,
      residuals: residuals.values + residuals.average, calendar: calendar.features(all),
      calendarFeatures: calendar.count,
      covariates: scaledCovariates(of: history, future: futureCovariates),
      covariateCount: covariateCentres.count, levels: levels,
      years: all.map { Float(grid.year(of: $0) - grid.year(of: history.origin)) },
      means: history.facts.map { ($0.sharedOffset - offsetCentre) / offsetScale } + [0],
      keyIndices: indices.enumerated().map { column, rows in
        history.facts.map { rows[$0.key[column]] ?? 0 } + [0]
      })
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
