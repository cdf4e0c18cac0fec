import SluiceTables

extension SalesPreprocessing {
  func calendar(_ model: SalesModelConfiguration) -> CalendarFeatures {
    CalendarFeatures(grid, harmonics: model.harmonics)
  }

  /// Checks that the parts of the file fit each other and the configuration, so that a damaged one
  /// is an error here and not a crash or a wrong forecast later.
  ///
  /// - Throws: ``ModelError`` naming the file and the part.
  func check(_ configuration: SalesConfiguration, file: String) throws {
    func require(_ holds: Bool, _ part: String) throws {
      guard holds else {
        throw ModelError(
          "\(file): the file is damaged: \(part) cannot be right. Copy the model again, or retrain."
        )
      }
    }
    let keys = series.map(\.key)
    let series = keys.count
    let columnCount = columns.series.count
    let width = columns.covariates.count
    try require(
      horizon == configuration.horizonSteps && (1...10_000).contains(horizon), "`horizon`")
    try require((1...100_000).contains(history), "`history`")
    try require(
      (history...(1 << 30)).contains(trainedSteps) && (0...(1 << 30)).contains(levelWindow),
      "`trainedSteps` or `levelWindow`")
    try require(grid.isPlausible(steps: trainedSteps + horizon), "`grid`")
    try require(
      series > 0 && Set(keys).count == series && keys.allSatisfy { $0.count == columnCount },
      "`keys`")
    try require(
      vocabularies.count == columnCount
        && vocabularies.allSatisfy { Set($0).count == $0.count }, "`vocabularies`")
    try require(
      self.series.allSatisfy(\.isPlausible)
        && Self.areModerate([offsetCentre, offsetScale, averageLevel]) && offsetScale > 0
        && (0...1).contains(levelPersistence), "`series` or `level`")
    try require(
      recentValues.count == series * history
        && recentValues.allSatisfy { $0.isFinite && $0 >= 0 }, "`recentValues`")
    try require(
      recentCovariates.count == series * history * width
        && recentCovariates.allSatisfy(\.isFinite), "`recentCovariates`")
    try require(
      covariateCentres.count == width && covariateScales.count == width
        && covariateCentres.allSatisfy(\.isFinite)
        && covariateScales.allSatisfy { $0.isFinite && $0 > 0 }, "the scale of covariates")
    let quantiles = configuration.model.quantiles.count
    try require(
      (errorQuantiles == nil) == configuration.model.stack.isEmpty
        && (errorQuantiles.map { errors in
          errors.count == quantiles
            && errors.allSatisfy { $0.count == horizon && Self.areModerate($0) }
        } ?? true), "`errorQuantiles`")
    try require(
      (decomposition != nil) == configuration.model.decomposition
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
  /// Whether all of `0 ..< steps` lie in the years 1 to 9999.
  fileprivate func isPlausible(steps: Int) -> Bool {
    let day = 86_400
    let range = (-719_162 * day)..<(2_932_897 * day)
    guard range.contains(start.seconds) else { return false }
    switch step {
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
