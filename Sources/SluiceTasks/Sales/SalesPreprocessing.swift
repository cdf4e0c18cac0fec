import SluiceTables

/// What lies between a table and the network, fitted on the training rows alone; with the weights
/// and the configuration it is all that a forecast needs. What `preprocessing.json` holds.
package struct SalesPreprocessing: FittedState, Sendable {
  package var columns: SalesColumns
  package var grid: TimeGrid
  package var dateFormat: DateFormat
  /// D: the steps trained on. Forecasts begin at step D of the grid.
  package var trainedSteps: Int
  /// Steps that the encoder reads.
  package var history: Int
  /// Steps that the decoder writes.
  package var horizon: Int
  /// `[S]`: the series, in order.
  package var series: [SeriesFacts]
  /// For every series column its values; a value's embedding is row `index + 1`, 0 is unknown.
  package var vocabularies: [[String]]
  /// Nil: only the mean over everything is taken away.
  package var decomposition: Decomposition?
  /// The mean and the standard deviation of the series' offsets.
  package var offsetCentre: Float
  package var offsetScale: Float
  /// Mean and standard deviation of each covariate.
  package var covariateCentres: [Float]
  package var covariateScales: [Float]
  /// Steps whose mean residual is the level; 0: no level.
  package var levelWindow: Int
  /// How much of its distance from the others a series keeps, as the training data shows: 0, all
  /// move together and a distance is noise; 1, each goes its own way.
  package var levelPersistence: Float
  /// The level of the average series at step D.
  package var averageLevel: Float
  /// `[S, history]`: the last sales, as in the table.
  package var recentValues: [Float]
  /// `[S, history, X]`: the last covariates.
  package var recentCovariates: [Float]
  /// `[Q][horizon]`: what is added to the forecast of a plain stack for each quantile, from the
  /// errors of its forecasts of the last training steps. Nil: the network gives quantiles itself.
  package var errorQuantiles: [[Float]]?
  /// How much wider intervals are made than a network says that forecasts residuals; nil: its own.
  var intervals: IntervalCalibration?
  /// Where networks mix bases: all that these need; the parts above that take something away then
  /// hold nothing.
  var mixture: MixtureFit?

  /// What networks need that mix bases.
  init(_ set: SeriesSet, cut: Int, history: Int, horizon: Int, mixture: MixtureFit) {
    columns = set.columns
    grid = set.grid
    dateFormat = set.format
    trainedSteps = cut
    self.history = history
    self.horizon = horizon
    vocabularies = Self.vocabularies(of: set)
    decomposition = nil
    series = set.keys.indices.map {
      SeriesFacts(
        key: set.keys[$0], unit: 1, offset: 0, level: 0,
        smallest: set.smallestPositive(series: $0, until: cut))
    }
    offsetCentre = 0
    offsetScale = 1
    (covariateCentres, covariateScales) = set.covariateMoments(steps: cut)
    levelWindow = 0
    levelPersistence = 0
    averageLevel = 0
    recentValues = []
    recentCovariates = []
    self.mixture = mixture
  }

  /// Fits on the steps `0 ..< cut` of every series.
  ///
  /// - Complexity: O(S · cut).
  init(
    _ original: SeriesSet, cut: Int, model: SalesModelSettings, history: Int, horizon: Int
  ) {
    let set = original.learnable(at: cut)
    columns = set.columns
    grid = set.grid
    dateFormat = set.format
    trainedSteps = cut
    self.history = history
    self.horizon = horizon
    vocabularies = Self.vocabularies(of: set)
    let units = Self.units(of: set, cut: cut, perSeries: model.decomposition)
    let scaled = set.divided(by: units)
    let fitted = model.decomposition ? Decomposition(scaled, upTo: cut) : nil
    let mean = fitted == nil ? scaled.meanLog(steps: cut) : 0
    decomposition = fitted
    series = set.keys.indices.map { index in
      SeriesFacts(
        key: set.keys[index], unit: units[index],
        offset: Float(fitted?.seriesMeans[index] ?? mean), level: 0,
        smallest: original.smallestPositive(series: index, until: cut))
    }
    let offsets = series.map(\.sharedOffset)
    let centre = offsets.reduce(0, +) / Float(offsets.count)
    let variance = offsets.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Float(offsets.count)
    offsetCentre = centre
    offsetScale = max(1e-6, variance.squareRoot())
    (covariateCentres, covariateScales) = set.covariateMoments(steps: cut)
    levelWindow = min(set.grid.steps(inDays: model.levelDays), max(1, (cut - horizon) / 2))
    levelPersistence = 0
    averageLevel = 0
    recentValues = []
    recentCovariates = []
    let width = set.covariateCount
    for row in stride(from: 0, to: set.values.count, by: set.stepCount) {
      recentValues += set.values[(row + cut - history)..<(row + cut)]
      recentCovariates += set.covariates[((row + cut - history) * width)..<((row + cut) * width)]
    }
    let residuals = residuals(of: SalesHistory(set, facts: series, steps: cut))
    levelPersistence = persistence(residuals)
    for index in series.indices {
      series[index].level = levels(residuals, series: index)[cut]
    }
    averageLevel = levels(residuals, series: nil)[cut]
  }

  /// The values of each series column, in the order of the series.
  private static func vocabularies(of set: SeriesSet) -> [[String]] {
    set.columns.series.indices.map { column in
      var seen = Set<String>()
      return set.keys.map { $0[column] }.filter { seen.insert($0).inserted }
    }
  }

  /// `[S]`: the unit of each series, or one for all.
  private static func units(of set: SeriesSet, cut: Int, perSeries: Bool) -> [Float] {
    let means = (0..<set.seriesCount).map { set.meanOfPositive(series: $0, until: cut) }
    if perSeries { return means.map { SeriesFacts.unit(forMean: $0) } }
    let positive = means.filter { $0 > 0 }
    let mean = positive.reduce(0, +) / Float(max(1, positive.count))
    return means.map { _ in SeriesFacts.unit(forMean: mean) }
  }

  /// What is taken away from every series at a step, from the calendar.
  func base(_ step: Int) -> Float {
    Float(decomposition.map { $0.base(step) } ?? 0)
  }

  /// How new series are forecast.
  var coldStart: ColdStart {
    ColdStart(series, columnCount: vocabularies.count, hasOffsets: decomposition != nil)
  }
}
