import SluiceCompute
import SluiceNN
import SluicePlatform

extension MixtureForecast {
  /// Cuts out windows and forecasts them, some at a time.
  init(
    _ reader: MixtureReader, _ batch: MixtureBatch, before end: Int,
    _ networks: [(network: MixtureNetwork, parameters: ParameterArena)], hidesHistory: Bool = false
  ) throws {
    let size = 256
    let ranks: any Collective = networks.first?.parameters.backend.ranks ?? OneRank()
    var parts: [MixtureForecast] = []
    for start in stride(from: 0, to: batch.count, by: size) {
      let range = start..<min(start + size, batch.count)
      let part = MixtureBatch(
        series: Array(batch.series[range]), origins: Array(batch.origins[range]))
      parts.append(
        try MixtureForecast(
          reader.windows(part, before: end, hidesHistory: hidesHistory), networks,
          isOwn: ranks.owns(start / size)))
    }
    self.init(joining: parts, horizon: reader.past.horizon)
    try ranks.merge(&quantiles)
  }

  /// Puts batches side by side.
  private init(joining parts: [MixtureForecast], horizon: Int) {
    func join(_ values: (MixtureForecast) -> [Float]) -> [Float] {
      (0..<horizon).flatMap { step in
        parts.flatMap { part -> ArraySlice<Float> in
          let all = values(part)
          let width = all.count / horizon
          return all[(step * width)..<((step + 1) * width)]
        }
      }
    }
    self.horizon = horizon
    count = parts.reduce(0) { $0 + $1.count }
    quantileCount = parts.first?.quantileCount ?? 0
    quantiles = join(\.quantiles)
    target = join(\.target)
    weights = join(\.weights)
    levels = parts.flatMap(\.levels)
    scales = parts.flatMap(\.scales)
  }

  /// Where the shape of last year strays further than in training, the forecast follows it, with a
  /// wider interval: a network knows nothing of what it has not seen.
  fileprivate func guarded(_ limit: Float?, by yearBase: Int?) -> MixtureForecast {
    guard let limit, let yearBase else { return self }
    var guarded = self
    for place in weights.indices {
      guard let year = base(yearBase, at: place) else { continue }
      let stray = abs(year - baseOrLevel(MixtureReader.levelBase, at: place))
      let part = min(max((stray / limit - 1) / 0.5, 0), 1)
      guard part > 0 else { continue }
      let shift = part * (year - median(at: place))
      for q in 0..<quantileCount {
        let side: Float = q < quantileCount / 2 ? -1 : q > quantileCount / 2 ? 1 : 0
        guarded.quantiles[place * quantileCount + q] += shift + side * part * stray * 0.15
      }
    }
    return guarded
  }
}

extension TrainedModel<SalesTask> {
  /// Forecasts one horizon of some series by the mixture of bases.
  ///
  /// - Parameters:
  ///   - amounts: `[S, steps]`, as in the table.
  ///   - origin: The step of the grid that step 0 is.
  ///   - smallest: `[S]`: the least that each has ever sold.
  ///   - covariates: `[S, steps + horizon, X]`, standardised.
  /// - Throws: ``ModelError`` where a forecast is not finite.
  func forecastMixture(
    _ fit: MixtureFit, amounts: [Float], firstStep: [Int], units: [Float], steps: Int, origin: Int,
    smallest: [Float], covariates: [Float], hidesHistory: Bool = false
  ) throws -> SalesForecast {
    let past = fit.past(
      amounts: amounts, firstStep: firstStep, units: units, steps: steps, origin: origin,
      fitted.grid, horizon: fitted.horizon, covariates: covariates,
      columns: fitted.columns.covariates.count)
    let reader = MixtureReader(past: past, history: fitted.history)
    let members = networks.compactMap { member -> (MixtureNetwork, ParameterArena)? in
      guard case .mixture(let network) = member.network else { return nil }
      return (network, member.parameters)
    }
    let batch = MixtureBatch(
      series: firstStep.indices.map(Int32.init), origins: firstStep.map { _ in Int32(steps) })
    let calibration = fit.calibration
    let raw = calibration.widened(
      calibration.leaning(
        try MixtureForecast(
          reader, batch, before: steps, members, hidesHistory: hidesHistory))
    ).guarded(fit.limit, by: reader.yearBase)
    var forecast = SalesForecast(
      seriesCount: batch.count, horizon: fitted.horizon, quantiles: settings.model.quantiles,
      values: [])
    forecast.values.reserveCapacity(batch.count * fitted.horizon * raw.quantileCount)
    for series in 0..<batch.count {
      for ahead in 0..<fitted.horizon {
        let place = ahead * batch.count + series
        let isClosed = isClosed(past, fit, amounts, series, ahead)
        for q in 0..<raw.quantileCount {
          let relative = raw.quantiles[place * raw.quantileCount + q]
          let value = fit.transform.inverse(
            Double(raw.levels[series]) + Double(relative) * Double(raw.scales[series]),
            unit: units[series])
          guard value.isFinite else {
            throw ModelError(
              nil,
              "the forecast of series \(series + 1), step \(ahead + 1), is not a finite number",
              remedy:
                "Its past or its covariates lie far from what the model was trained on: check "
                + "them, or train anew on data like these.")
          }
          // Nothing between 0 and half of what a series has ever sold at least.
          let isNone = isClosed || (fit.isPositive && value < max(0, smallest[series] / 2))
          forecast.values.append(isNone ? 0 : value)
        }
      }
    }
    return forecast
  }

  /// Whether a phase of the short season was 0 in each of the last four: closed on Sundays.
  func isClosed(
    _ past: SeriesPast, _ fit: MixtureFit, _ amounts: [Float], _ series: Int, _ ahead: Int
  ) -> Bool {
    let short = fit.seasons.short
    guard short > 0 else { return false }
    let last = past.steps + ahead - short * (ahead / short + 1)
    return (0..<4).allSatisfy { back in
      let step = last - back * short
      return step >= past.firstStep[series] && amounts[series * past.steps + step] == 0
    }
  }
}

extension MixtureFit {
  /// Series that were not trained on, as if they had sold like the others: the mean way of all, at a
  /// level that the series with the same keys have in common.
  ///
  /// - Returns: `[new, T]` amounts, and their units.
  func strangers(_ keys: [[String]], known: [[String]], steps: Int) -> (
    amounts: [Float], units: [Float]
  ) {
    let levels = known.indices.map { series -> Float in
      if transform == .linear { return log(units[series]) }
      let first = firstStep[series]
      let sum = (first..<steps).reduce(0.0) {
        $0 + Double(transform(amounts[series * steps + $1], unit: 1))
      }
      return first < steps ? Float(sum / Double(steps - first)) : 0
    }
    let centre = levels.reduce(0, +) / Float(max(1, levels.count))
    var average = [Double](repeating: 0, count: steps)
    for step in 0..<steps {
      var count = 0.0
      for series in known.indices where step >= firstStep[series] {
        let value = transform(amounts[series * steps + step], unit: units[series])
        average[step] += Double(transform == .linear ? value : value - levels[series])
        count += 1
      }
      average[step] /= max(1, count)
    }
    var result: (amounts: [Float], units: [Float]) = ([], [])
    for key in keys {
      var level = centre
      for column in key.indices {
        let peers = known.indices.filter { known[$0][column] == key[column] }
        guard !peers.isEmpty else { continue }
        level += peers.reduce(0) { $0 + levels[$1] } / Float(peers.count) - centre
      }
      let unit = transform == .linear ? exp(level) : 1
      let shift = transform == .linear ? 0 : Double(level)
      result.units.append(unit)
      result.amounts += average.map { transform.inverse($0 + shift, unit: unit) }
    }
    return result
  }
}
