/// The past of some series, on the grid that a model was trained on.
struct SalesHistory {
  /// `[S]`
  var facts: [SeriesFacts]
  /// `[S, D]`, row-major, in the table's own units.
  var values: [Float]
  /// `[S, D, X]`
  var covariates: [Float]
  /// `[S]`: the first known step.
  var firstStep: [Int]
  /// D.
  var steps: Int
  /// The step of the grid that step 0 here is.
  var origin: Int

  var seriesCount: Int { facts.count }

  init(
    facts: [SeriesFacts], values: [Float], covariates: [Float], firstStep: [Int], steps: Int,
    origin: Int
  ) {
    self.facts = facts
    self.values = values
    self.covariates = covariates
    self.firstStep = firstStep
    self.steps = steps
    self.origin = origin
  }

  /// The first `steps` steps of a set.
  ///
  /// - Parameter origin: The step of the grid that step 0 of the set is.
  init(_ set: SeriesSet, facts: [SeriesFacts], steps: Int, origin: Int = 0) {
    let width = set.covariateCount
    var values: [Float] = []
    var covariates: [Float] = []
    values.reserveCapacity(set.seriesCount * steps)
    for series in 0..<set.seriesCount {
      let row = series * set.stepCount
      values += set.values[row..<(row + steps)]
      covariates += set.covariates[(row * width)..<((row + steps) * width)]
    }
    self.init(
      facts: facts, values: values, covariates: covariates,
      firstStep: set.firstStep.map { min($0, steps) }, steps: steps, origin: origin)
  }
}
