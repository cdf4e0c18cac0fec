import SluiceCompute
import SluiceNN

import SluicePlatform

/// Quantiles of the sales of some series over one horizon.
package struct SalesForecast: Sendable {
  /// S.
  package var seriesCount: Int
  /// Steps ahead.
  package var horizon: Int
  /// Q, ascending.
  package var quantiles: [Double]
  /// `[S, horizon, Q]`, in the table's own units, ascending over Q.
  package var values: [Float]

  /// The forecast at a quantile's place.
  package func value(series: Int, step: Int, quantile: Int) -> Float {
    values[(series * horizon + step) * quantiles.count + quantile]
  }

  /// The place of the median: the quantile closest to 0.5.
  package var median: Int {
    quantiles.indices.min { abs(quantiles[$0] - 0.5) < abs(quantiles[$1] - 0.5) } ?? 0
  }
}

extension SalesForecast {
  /// Nothing below 0, and nothing between 0 and half of what a series has ever sold at least.
  fileprivate func clamped(_ facts: [SeriesFacts]) -> SalesForecast {
    var clamped = self
    let row = horizon * quantiles.count
    for place in values.indices
    where values[place] < max(0, facts[place / row].smallest / 2) {
      clamped.values[place] = 0
    }
    return clamped
  }
}

/// Runs a network forward and undoes what was done to the sales before it.
struct SalesForecaster {
  let network: any ForecastingNetwork
  /// Q.
  let quantiles: [Double]
  let parameters: ParameterArena
  let preprocessing: SalesPreprocessing
  /// Series that run through the network together.
  private let batchSize = 256

  /// Windows of some series that all start at one step.
  private func windows(
    of data: SalesDataset, _ series: [Int], start: Int, lacksHistory: (Int) -> Bool = { _ in false }
  ) -> SalesWindows {
    SalesWindows(
      history: series.map { Int32(lacksHistory($0) ? data.seriesCount : $0) },
      series: series.map { Int32($0) }, starts: series.map { _ in Int32(start) },
      keys: data.keyIndices.map { column in series.map { column[$0] } })
  }

  /// What the network says: `[horizon, N, Q]`, or `[horizon, N]` of a plain stack.
  private func outputs(
    _ windows: SalesWindows, of data: SalesDataset, hidesHistory: Bool = false
  ) throws -> [Float] {
    let tape = Tape(parameters, mode: .inference)
    let output = try network(
      SalesBatch(windows, on: tape.backend), of: data, on: tape, hidesHistory: hidesHistory)
    return try tape.answers(output)
  }

  /// The quantiles of one window's step.
  private func spread(_ raw: [Float], at place: Int, step: Int) -> [Float] {
    var spread =
      (preprocessing.errorQuantiles.map { errors in errors.map { raw[place] + $0[step] } }
      ?? Array(raw[place * quantiles.count..<(place + 1) * quantiles.count])).sorted()
    preprocessing.intervals?.widen(
      &spread, from: 0, count: spread.count, median: median, step: step, of: network.horizon)
    return spread
  }

  /// The place of the median.
  private var median: Int { quantiles.firstIndex(of: 0.5) ?? quantiles.count / 2 }

  /// The quantiles of the errors of forecasts of the last training steps, by step ahead: `[Q][horizon]`.
  ///
  /// The errors of all series and steps ahead, each divided by the root mean square of its step,
  /// make one distribution; a quantile of it times that root is what a step's interval is wide. The
  /// network has seen these steps in training, so the interval is rather too narrow than too wide.
  ///
  /// - Parameter starts: For each series, where forecasts may begin; the last three horizons of each
  ///   are taken.
  func errorQuantiles(_ data: SalesDataset, starts: [ClosedRange<Int>]) throws -> [[Float]] {
    let horizon = network.horizon
    var errors = [[Float]](repeating: [], count: horizon)
    let last = starts.map(\.upperBound).max() ?? 0
    for start in [last, last - horizon, last - 2 * horizon] {
      let series = starts.indices.filter { starts[$0].contains(start) }
      for first in stride(from: 0, to: series.count, by: batchSize) {
        let batch = Array(series[first..<min(first + batchSize, series.count)])
        let windows = windows(of: data, batch, start: start)
        let forecast = try outputs(windows, of: data)
        let backend = parameters.backend
        let truth = try backend.read(
          SalesBatch(windows, on: backend).target(of: data, on: backend))
        for place in forecast.indices {
          errors[place / batch.count].append(truth[place] - forecast[place])
        }
      }
    }
    let scales = errors.map { step in
      (step.reduce(0) { $0 + $1 * $1 } / Float(max(1, step.count))).squareRoot()
    }
    let pooled = zip(errors, scales).flatMap { step, scale in
      step.map { $0 / max(scale, .leastNormalMagnitude) }
    }.sorted()
    return quantiles.map { quantile in
      guard quantile != 0.5, !pooled.isEmpty else { return scales.map { _ in 0 } }
      let place = Int((quantile * Double(pooled.count - 1)).rounded())
      return scales.map { $0 * pooled[place] }
    }
  }

  /// How far truths lie from forecasts, in windows that the network has not learned from.
  ///
  /// - Parameters:
  ///   - data: Of the series of `set`, up to its end.
  ///   - windows: For each origin the series that are asked there.
  func distances(
    _ data: SalesDataset, of set: SeriesSet, windows: [(origin: Int, series: [Int])]
  ) throws -> IntervalCalibration.Distances {
    let horizon = network.horizon
    var distances = IntervalCalibration.Distances(horizon: horizon)
    for (start, all) in windows {
      let bases = (0..<horizon).map { preprocessing.base(start + $0) }
      for first in stride(from: 0, to: all.count, by: batchSize) {
        let series = Array(all[first..<min(first + batchSize, all.count)])
        let raw = try outputs(self.windows(of: data, series, start: start), of: data)
        for (row, index) in series.enumerated() {
          let facts = preprocessing.series[index]
          let shift = data.level(row: index, step: start) + facts.offset
          for step in 0..<min(horizon, set.stepCount - start)
          where !set.isInterpolated(series: index, step: start + step) {
            let spread = spread(raw, at: step * series.count + row, step: step)
            distances.add(
              step: step,
              truth: log1p(set[index, start + step] / facts.unit) - shift - bases[step],
              low: spread[0], median: spread[median], high: spread[spread.count - 1])
          }
        }
      }
    }
    return distances
  }

  /// Forecasts one horizon of every series of a data set.
  ///
  /// - Parameters:
  ///   - start: The first step to forecast, counted in the data set.
  ///   - origin: The step of the grid that step 0 of the data set is.
  ///   - facts: `[S]`, as the data set was made with.
  ///   - lacksHistory: Series whose past is that of the average series.
  ///   - hidesHistory: Feeds the encoder zeros.
  func forecast(
    _ data: SalesDataset, start: Int, origin: Int, facts: [SeriesFacts],
    lacksHistory: (Int) -> Bool = { _ in false }, hidesHistory: Bool = false
  ) throws -> SalesForecast {
    let horizon = network.horizon
    var forecast = SalesForecast(
      seriesCount: data.seriesCount, horizon: horizon, quantiles: quantiles, values: [])
    forecast.values.reserveCapacity(data.seriesCount * horizon * quantiles.count)
    let bases = (0..<horizon).map { preprocessing.base(origin + start + $0) }
    let ranks = parameters.backend.ranks
    for first in stride(from: 0, to: data.seriesCount, by: batchSize) {
      let series = Array(first..<min(first + batchSize, data.seriesCount))
      guard ranks.owns(first / batchSize) else {
        forecast.values += repeatElement(0, count: series.count * horizon * quantiles.count)
        continue
      }
      let windows = windows(of: data, series, start: start, lacksHistory: lacksHistory)
      let raw = try outputs(windows, of: data, hidesHistory: hidesHistory)
      for (row, index) in series.enumerated() {
        let known = facts[index]
        let level = data.level(row: Int(windows.history[row]), step: start)
        for step in 0..<horizon {
          let place = step * series.count + row
          forecast.values += spread(raw, at: place, step: step).map {
            known.unit * expm1($0 + level + known.offset + bases[step])
          }
        }
      }
    }
    try ranks.merge(&forecast.values)
    guard let bad = forecast.values.firstIndex(where: { !$0.isFinite }) else {
      return forecast.clamped(facts)
    }
    let place = bad / quantiles.count
    throw ModelError(
      nil,
      "the forecast of series \(place / horizon + 1), step \(place % horizon + 1), is not a finite "
        + "number",
      remedy:
        "Its past or its covariates lie far from what the model was trained on: check them, or "
        + "train anew on data like these.")
  }
}
