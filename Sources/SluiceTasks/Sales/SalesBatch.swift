import SluiceCompute

/// A batch of windows on the device: its indices, uploaded in one piece, and what they cut out of
/// a ``SalesDataset``.
struct SalesBatch {
  /// `[N]` int32 each, views of one upload.
  private let history: Tensor
  private let series: Tensor
  private let starts: Tensor
  private let zeros: Tensor
  let keys: [Tensor]

  init(_ windows: SalesWindows, on backend: any Backend) throws {
    let count = windows.count
    let parts =
      [windows.history, windows.series, windows.starts, [Int32](repeating: 0, count: count)]
      + windows.keys
    let all = try backend.makeTensor([parts.count, count], Array(parts.joined()))
    history = all.step(0)
    series = all.step(1)
    starts = all.step(2)
    zeros = all.step(3)
    keys = (0..<windows.keys.count).map { all.step(4 + $0) }
  }

  /// N.
  var count: Int { series.count }

  /// `[N, 1]`: the standardised means of the series.
  func means(of data: SalesDataset, on backend: any Backend) throws -> Tensor {
    let means = try backend.makeTensor([count, 1])
    try backend.enqueue(GatherRows(source: data.means, rows: series, into: means))
    return means
  }

  /// `[steps, N, columns]`: the residual less the level, the calendar and the covariates of the
  /// steps before the start.
  func past(
    of data: SalesDataset, steps: Int, columns: Int, scale: Float, on backend: any Backend
  ) throws -> Tensor {
    let past = try backend.makeTensor([steps, count, columns])
    try backend.enqueue(
      GatherWindows(
        source: data.residuals, series: history, starts: starts, offset: -steps,
        shift: levels(of: data, on: backend), scale: scale, into: past.columns(0..<1)))
    try knownFeatures(of: data, offset: -steps, into: past.columns(1..<columns), on: backend)
    return past
  }

  /// `[steps, N, columns]`: as the past, some steps later: the values are given, the calendar and the
  /// covariates those of the steps before `start + ahead`.
  ///
  /// - Parameter values: `[steps, N, 1]`.
  func past(
    of data: SalesDataset, values: Tensor, ahead: Int, columns: Int, on backend: any Backend
  ) throws -> Tensor {
    let steps = values.shape[0]
    let past = try backend.makeTensor([steps, count, columns])
    try backend.enqueue(Copy(values, to: past.columns(0..<1)))
    try knownFeatures(of: data, offset: ahead - steps, into: past.columns(1..<columns), on: backend)
    return past
  }

  /// `[horizon, N, columns]`: the position in the horizon, the years gone by since the last known
  /// step, the calendar and the covariates.
  func future(of data: SalesDataset, columns: Int, on backend: any Backend) throws -> Tensor {
    let future = try backend.makeTensor([data.horizon, count, columns])
    try backend.enqueue(
      GatherWindows(
        source: data.positions.reshaped([1, data.horizon, 1]), series: nil, starts: zeros,
        into: future.columns(0..<1)))
    let lastYears = try backend.makeTensor([count, 1])
    try backend.enqueue(GatherRows(source: data.lastYears, rows: starts, into: lastYears))
    try backend.enqueue(
      GatherWindows(
        source: data.years, series: nil, starts: starts, shift: lastYears.reshaped([count]),
        into: future.columns(1..<2)))
    try knownFeatures(of: data, offset: 0, into: future.columns(2..<columns), on: backend)
    return future
  }

  /// `[horizon, N, 1]`: the residual less the level, which is to be forecast.
  func target(of data: SalesDataset, on backend: any Backend) throws -> Tensor {
    let target = try backend.makeTensor([data.horizon, count, 1])
    try backend.enqueue(
      GatherWindows(
        source: data.residuals, series: series, starts: starts,
        shift: levels(of: data, on: backend), into: target))
    return target
  }

  /// `[N]`: the level at each start, of the row whose past is read.
  private func levels(of data: SalesDataset, on backend: any Backend) throws -> Tensor {
    let levels = try backend.makeTensor([1, count, 1])
    try backend.enqueue(
      GatherWindows(source: data.levels, series: history, starts: starts, into: levels))
    return levels.reshaped([count])
  }

  /// Writes calendar and covariates side by side.
  private func knownFeatures(
    of data: SalesDataset, offset: Int, into features: Tensor, on backend: any Backend
  ) throws {
    let split = data.calendar.columns
    try backend.enqueue(
      GatherWindows(
        source: data.calendar, series: nil, starts: starts, offset: offset,
        into: features.columns(0..<split)))
    guard let covariates = data.covariates else { return }
    try backend.enqueue(
      GatherWindows(
        source: covariates, series: series, starts: starts, offset: offset,
        into: features.columns(split..<features.columns)))
  }
}
