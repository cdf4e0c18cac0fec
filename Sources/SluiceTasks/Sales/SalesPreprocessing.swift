/// What lies between a table and the network, fitted on the training rows alone; with the weights
/// and the configuration it is all that a forecast needs. What `preprocessing.json` holds.
public struct SalesPreprocessing: Codable, Sendable {
  /// The version of the file; a newer one is refused.
  public static let currentVersion = 1

  public var formatVersion = currentVersion
  public var task = "sales"
  public var columns: SalesColumns
  public var grid: TimeGrid
  public var dateFormat: DateFormat
  /// D: the steps trained on. Forecasts begin at step D of the grid.
  public var trainedSteps: Int
  /// Steps that the encoder reads.
  public var history: Int
  /// Steps that the decoder writes.
  public var horizon: Int
  /// `[S]` keys, in the order of the series.
  public var keys: [[String]]
  /// For every series column its values; a value's embedding is row `index + 1`, 0 is unknown.
  public var vocabularies: [[String]]
  /// Nil: only the mean over everything is taken away.
  public var decomposition: Decomposition?
  /// `[S]`: what is taken away from log1p of a series besides the calendar.
  public var offsets: [Float]
  /// The mean and the standard deviation of the offsets.
  public var offsetCentre: Float
  public var offsetScale: Float
  /// Mean and standard deviation of each covariate.
  public var covariateCentres: [Float]
  public var covariateScales: [Float]
  /// Steps whose mean residual over all series is the level; 0: no level.
  public var levelWindow: Int
  /// The level at step D.
  public var level: Float
  /// `[S, history]`: the last sales, as in the table.
  public var recentValues: [Float]
  /// `[S, history, X]`: the last covariates.
  public var recentCovariates: [Float]

  /// Fits on the steps `0 ..< cut` of every series.
  ///
  /// - Complexity: O(S · cut).
  init(
    _ set: SeriesSet, cut: Int, model: SalesModelConfiguration, history: Int, horizon: Int
  ) {
    columns = set.columns
    grid = set.grid
    dateFormat = set.format
    trainedSteps = cut
    self.history = history
    self.horizon = horizon
    keys = set.keys
    vocabularies = set.columns.series.indices.map { column in
      var seen = Set<String>()
      return set.keys.map { $0[column] }.filter { seen.insert($0).inserted }
    }
    decomposition = model.decomposition ? Decomposition(set, upTo: cut) : nil
    offsets =
      decomposition?.seriesMeans.map { Float($0) }
      ?? [Float](repeating: Float(set.meanLog(steps: cut)), count: set.seriesCount)
    let centre = offsets.reduce(0, +) / Float(offsets.count)
    let variance = offsets.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    offsetCentre = centre
    offsetScale = max(1e-6, (variance / Float(offsets.count)).squareRoot())
    (covariateCentres, covariateScales) = set.covariateMoments(steps: cut)
    levelWindow = min(set.grid.steps(inDays: model.levelDays), max(1, (cut - horizon) / 2))
    level = 0
    recentValues = []
    recentCovariates = []
    for series in 0..<set.seriesCount {
      let row = series * set.stepCount
      recentValues += set.values[(row + cut - history)..<(row + cut)]
      let width = set.covariateCount
      recentCovariates +=
        set.covariates[((row + cut - history) * width)..<((row + cut) * width)]
    }
    level = levels(of: averageResiduals(of: SalesHistory(set, steps: cut))).last ?? 0
  }

  /// The embedding rows of a key, one for each series column.
  func keyIndices(of key: [String]) -> [Int32] {
    zip(vocabularies, key).map { vocabulary, value in
      Int32((vocabulary.firstIndex(of: value) ?? -1) + 1)
    }
  }

  /// What is taken away from every series at a step, from the calendar.
  func base(_ step: Int) -> Float {
    Float(decomposition.map { $0.base(step) } ?? 0)
  }

  /// The offset that a new series is given: that of its known values, averaged over the series that
  /// share them; the mean over all where none is known.
  func coldOffset(of key: [String]) -> Float {
    guard decomposition != nil else { return offsetCentre }
    return key.indices.reduce(offsetCentre) { sum, column in
      let peers = keys.indices.filter { keys[$0][column] == key[column] }
      guard !peers.isEmpty else { return sum }
      return sum + peers.reduce(0) { $0 + offsets[$1] } / Float(peers.count) - offsetCentre
    }
  }
}

/// The past of some series, on the grid that a model was trained on.
struct SalesHistory {
  /// `[S, D]`, row-major.
  var values: [Float]
  /// `[S, D, X]`
  var covariates: [Float]
  /// `[S]`: the first known step.
  var firstStep: [Int]
  /// D.
  var steps: Int
  /// The step of the grid that step 0 here is.
  var origin: Int
  /// `[S]`: what is taken away from each series besides the calendar. Nil: as fitted.
  var offsets: [Float]?

  /// The first `steps` steps of a set that the model is fitted on.
  init(_ set: SeriesSet, steps: Int) {
    self.init(set, steps: steps, origin: 0, offsets: nil)
  }

  init(_ set: SeriesSet, steps: Int, origin: Int, offsets: [Float]?) {
    self.steps = steps
    self.origin = origin
    self.offsets = offsets
    firstStep = set.firstStep
    let width = set.covariateCount
    if steps == set.stepCount {
      values = set.values
      covariates = set.covariates
    } else {
      values = []
      covariates = []
      values.reserveCapacity(set.seriesCount * steps)
      for series in 0..<set.seriesCount {
        let row = series * set.stepCount
        values += set.values[row..<(row + steps)]
        covariates += set.covariates[(row * width)..<((row + steps) * width)]
      }
    }
  }

  init(
    values: [Float], covariates: [Float], firstStep: [Int], steps: Int, origin: Int,
    offsets: [Float]
  ) {
    self.values = values
    self.covariates = covariates
    self.firstStep = firstStep
    self.steps = steps
    self.origin = origin
    self.offsets = offsets
  }

  var seriesCount: Int { firstStep.count }
}
