import SluicePlatform

/// The residuals of some series and of their average.
struct SalesResiduals {
  /// D.
  var steps: Int
  /// `[S]`: the first step of each series.
  var firstStep: [Int]
  /// `[S, D]`; 0 before a series begins.
  var values: [Float]
  /// `[D]`: the mean over the series that have begun.
  var average: [Float]
}

extension SalesPreprocessing {
  /// What offsets and calendar leave of log(1 + sales / unit).
  func residuals(of history: SalesHistory) -> SalesResiduals {
    let steps = history.steps
    let bases = (0..<steps).map { base(history.origin + $0) }
    var values = [Float](repeating: 0, count: history.values.count)
    var sums = [Double](repeating: 0, count: steps)
    var counts = [Int](repeating: 0, count: steps)
    for (series, facts) in history.facts.enumerated() {
      let row = series * steps
      for step in min(history.firstStep[series], steps)..<steps {
        let residual =
          log1p(history.values[row + step] / facts.unit) - facts.offset - bases[step]
        values[row + step] = residual
        sums[step] += Double(residual)
        counts[step] += 1
      }
    }
    return SalesResiduals(
      steps: steps, firstStep: history.firstStep, values: values,
      average: zip(sums, counts).map { $1 == 0 ? 0 : Float($0 / Double($1)) })
  }

  /// `[D + 1]`: the level of a series at each step, out of the `levelWindow` steps before it: that of
  /// the average series, and of the series' own distance from it the part that persists.
  ///
  /// - Parameter series: Nil for the average series itself.
  /// - Complexity: O(D).
  func levels(_ residuals: SalesResiduals, series: Int?) -> [Float] {
    guard levelWindow > 0 else { return [Float](repeating: 0, count: residuals.steps + 1) }
    let first = series.map { residuals.firstStep[$0] } ?? 0
    let row = (series ?? 0) * residuals.steps
    var levels: [Float] = [0]
    levels.reserveCapacity(residuals.steps + 1)
    var common = 0.0
    var own = 0.0
    for step in 0..<residuals.steps {
      func distance(_ step: Int) -> Double {
        series == nil || step < first
          ? 0 : Double(residuals.values[row + step] - residuals.average[step])
      }
      common += Double(residuals.average[step])
      own += distance(step)
      if step >= levelWindow {
        common -= Double(residuals.average[step - levelWindow])
        own -= distance(step - levelWindow)
      }
      let count = Double(min(step + 1, levelWindow))
      levels.append(Float(common / count + Double(levelPersistence) * own / count))
    }
    return levels
  }

  /// How a series' distance from the average over one window foretells that over the next horizon:
  /// the slope of the one on the other, within 0 ... 1, over all series and as many windows as fit.
  func persistence(_ residuals: SalesResiduals) -> Float {
    guard levelWindow > 0, residuals.firstStep.count > 1 else { return 0 }
    var products = 0.0
    var squares = 0.0
    for series in residuals.firstStep.indices {
      let row = series * residuals.steps
      var sums = [0.0]
      for step in 0..<residuals.steps {
        sums.append(
          (sums.last ?? 0) + Double(residuals.values[row + step] - residuals.average[step]))
      }
      let first = residuals.firstStep[series] + levelWindow
      for start in stride(from: residuals.steps - horizon, through: first, by: -horizon) {
        let past = (sums[start] - sums[start - levelWindow]) / Double(levelWindow)
        let future = (sums[start + horizon] - sums[start]) / Double(horizon)
        products += past * future
        squares += past * past
      }
    }
    return squares > 0 ? Float(min(1, max(0, products / squares))) : 0
  }
}
