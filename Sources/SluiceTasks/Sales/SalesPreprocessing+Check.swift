import SluiceTables

extension SalesPreprocessing {
  func calendar(_ model: SalesModelSettings) -> CalendarFeatures {
    CalendarFeatures(grid, harmonics: model.harmonics)
  }

  package func check(_ settings: SalesSettings) throws(Damage) {
    let keys = series.map(\.key)
    let series = keys.count
    let columnCount = columns.series.count
    let width = columns.covariates.count
    try Damage.unless(
      horizon == settings.horizonSteps && (1...10_000).contains(horizon), "`horizon`")
    try Damage.unless(
      history == settings.historySteps && (1...100_000).contains(history), "`history`")
    try Damage.unless(
      ((mixture == nil ? history : 1)...(1 << 30)).contains(trainedSteps)
        && (0...(1 << 30)).contains(levelWindow),
      "`trainedSteps` or `levelWindow`")
    try Damage.unless(grid.isPlausible(steps: trainedSteps + horizon), "`grid`")
    try Damage.unless(
      series > 0 && Set(keys).count == series && keys.allSatisfy { $0.count == columnCount },
      "`keys`")
    try Damage.unless(
      vocabularies.count == columnCount
        && vocabularies.allSatisfy { Set($0).count == $0.count }, "`vocabularies`")
    try Damage.unless(
      self.series.allSatisfy(\.isPlausible)
        && Self.areModerate([offsetCentre, offsetScale, averageLevel]) && offsetScale > 0
        && (0...1).contains(levelPersistence), "`series` or `level`")
    try Damage.unless(
      recentValues.count == (mixture == nil ? series * history : 0)
        && recentValues.allSatisfy { $0.isFinite && $0 >= 0 }, "`recentValues`")
    try Damage.unless(
      recentCovariates.count == (mixture == nil ? series * history * width : 0)
        && recentCovariates.allSatisfy(\.isFinite), "`recentCovariates`")
    try Damage.unless(
      covariateCentres.count == width && covariateScales.count == width
        && covariateCentres.allSatisfy(\.isFinite)
        && covariateScales.allSatisfy { $0.isFinite && $0 > 0 }, "the scale of covariates")
    let quantiles = settings.model.quantiles.count
    try Damage.unless(
      (mixture != nil) == settings.model.mixture
        && (mixture?.isPlausible(series: series, steps: trainedSteps, columns: width) ?? true),
      "`mixture`")
    try Damage.unless(
      (errorQuantiles == nil) == settings.model.stack.isEmpty
        && (errorQuantiles.map { errors in
          errors.count == quantiles
            && errors.allSatisfy { $0.count == horizon && Self.areModerate($0) }
        } ?? true), "`errorQuantiles`")
    try Damage.unless(
      intervals.map { mixture == nil && $0.isSound } ?? true, "`intervals`")
    try Damage.unless(
      (decomposition != nil) == (settings.model.decomposition && !settings.model.mixture)
        && (decomposition?.isPlausible(on: grid, seriesCount: series) ?? true), "`decomposition`")
  }

  /// Logarithms of sales and what is made of them: none is beyond what Float can undo.
  fileprivate static func areModerate(_ values: [Float]) -> Bool {
    values.allSatisfy { $0.isFinite && abs($0) < 90 }
  }
}

extension SeriesFacts {
  fileprivate var isPlausible: Bool {
    SalesPreprocessing.areModerate([offset, level]) && unit > 0 && unit.isFinite
      && smallest >= 0 && smallest.isFinite
  }
}

extension TimeGrid {
  /// Whether all of `0 ..< steps` lie in the years 1 to 9999, or are numbers that leave room.
  func isPlausible(steps: Int) -> Bool {
    let day = 86_400
    if case .units(let length) = step {
      let most = 1 << 60
      return (-most...most).contains(start.seconds) && (1...most / max(1, steps)).contains(length)
    }
    let range = (-719_162 * day)..<(2_932_897 * day)
    guard range.contains(start.seconds) else { return false }
    switch step {
    case .units: return true
    case .seconds(let length):
      guard (1...(400 * day)).contains(length) else { return false }
      return range.contains(start.seconds + steps * length)
    case .months(let count):
      guard (1...1200).contains(count) else { return false }
      return start.date.year + steps * count / 12 < 9999
    }
  }
}

extension Decomposition {
  /// Whether every term has a value for each of its levels, none of them beyond reason.
  fileprivate func isPlausible(on grid: TimeGrid, seriesCount: Int) -> Bool {
    self.grid == grid && seriesMeans.count == seriesCount
      && (seriesMeans + [meanOfSeries]).allSatisfy { $0.isFinite && abs($0) < 90 }
      && terms.allSatisfy { term in
        term.values.count == term.term.levelCount(on: grid)
          && term.values.allSatisfy { $0.isFinite && abs($0) < 90 }
      }
  }
}
