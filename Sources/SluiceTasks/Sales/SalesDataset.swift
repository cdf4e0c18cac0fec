import SluiceCompute

/// What the network reads, resident on the device: a batch is cut out of it by indices alone.
///
/// S counts the series and one more, last: the average of all, which stands in for the past of a
/// series that has none. D counts the steps with known sales, E = D + horizon those with a known
/// calendar.
package final class SalesDataset {
  /// `[S + 1, D, 1]`: log1p sales less what the decomposition explains.
  let residuals: Tensor
  /// `[1, E, F]`
  let calendar: Tensor
  /// `[S + 1, E, X]`, standardised; nil where there are no covariates.
  let covariates: Tensor?
  /// `[S + 1, D + 1, 1]`: entry t is the level of a series at step t, from the steps before it.
  let levels: Tensor
  /// `[1, E, 1]`: the calendar year, counted from that of step 0.
  let years: Tensor
  /// `[D + 1, 1]`: entry t is the year of the step before t.
  let lastYears: Tensor
  /// `[S + 1, 1]`: the series' standardised means.
  let means: Tensor
  /// `[horizon, 1, 1]`: 0 at the first step of the horizon, 1 at its last.
  let positions: Tensor
  /// For every series column, the row of its embedding of each of the S + 1 series; 0 is unknown.
  let keyIndices: [[Int32]]
  /// S.
  let seriesCount: Int
  /// D.
  let steps: Int
  let horizon: Int
  /// The levels on the host.
  private let hostLevels: [Float]

  /// Uploads one set of series.
  ///
  /// - Throws: `ComputeError` with `.outOfMemory`.
  init(_ host: SalesFeatures, on backend: any Backend) throws {
    seriesCount = host.seriesCount
    steps = host.steps
    horizon = host.horizon
    keyIndices = host.keyIndices
    hostLevels = host.levels
    let all = seriesCount + 1
    residuals = try backend.makeTensor([all, steps, 1], host.residuals)
    calendar = try backend.makeTensor(
      [1, steps + horizon, host.calendarFeatures], host.calendar)
    covariates =
      host.covariateCount == 0
      ? nil
      : try backend.makeTensor([all, steps + horizon, host.covariateCount], host.covariates)
    levels = try backend.makeTensor([all, steps + 1, 1], host.levels)
    years = try backend.makeTensor([1, steps + horizon, 1], host.years)
    lastYears = try backend.makeTensor(
      [steps + 1, 1], [host.years[0]] + host.years[..<steps])
    means = try backend.makeTensor([all, 1], host.means)
    let last = Float(max(1, horizon - 1))
    positions = try backend.makeTensor([horizon, 1, 1], (0..<horizon).map { Float($0) / last })
  }

  /// The level of a row at a step `0 ... D`.
  func level(row: Int, step: Int) -> Float { hostLevels[row * (steps + 1) + step] }
}

/// The host's copy of what a ``SalesDataset`` holds. Arrays are row-major, extents as there.
struct SalesFeatures {
  var seriesCount: Int
  var steps: Int
  var horizon: Int
  var residuals: [Float]
  var calendar: [Float]
  var calendarFeatures: Int
  var covariates: [Float]
  var covariateCount: Int
  var levels: [Float]
  var years: [Float]
  var means: [Float]
  var keyIndices: [[Int32]]
}

/// One batch of windows, named by series and by first step of the horizon.
package struct SalesWindows: TrainingBatch {
  /// Rows of the data set; the last row is the average of all series.
  var history: [Int32]
  /// Rows whose future is the target, for the gradient and for covariates.
  var series: [Int32]
  /// The first step of the horizon.
  var starts: [Int32]
  /// For every series column, the row of its embedding.
  var keys: [[Int32]]

  package var count: Int { series.count }

  package func limited(to count: Int) -> SalesWindows {
    SalesWindows(
      history: Array(history.prefix(count)), series: Array(series.prefix(count)),
      starts: Array(starts.prefix(count)), keys: keys.map { Array($0.prefix(count)) })
  }
}
