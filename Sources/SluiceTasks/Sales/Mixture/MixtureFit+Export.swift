import SluiceExport
import SluiceNN
import SluiceTraining

extension MixtureNetwork {
  /// `[N, horizon, Q]`: the quantiles of one member, in the windows' own units.
  func quantiles(in graph: ExportGraph) -> ExportGraph.Value {
    let known = graph.linear(
      statics,
      graph.input(
        "statics", ["N", "\(MixtureWindows.staticColumns)"], "what is known of the window"))
    let narrowPast = graph.input(
      "past", ["N", "\(history)", "\(encoder.inputSize - model.staticSize)"],
      "what the encoder reads of the last steps")
    let narrowFuture = graph.input(
      "future", ["N", "\(horizon)", "\(decoder.inputSize - model.staticSize)"],
      "what the decoder reads of the steps ahead")
    let past = graph.concatenate([narrowPast, graph.beside(steps: narrowPast, known)])
    let future = graph.named(
      "future", graph.concatenate([narrowFuture, graph.beside(steps: narrowFuture, known)]))
    let encoded = graph.recurrent(encoder, past)
    let decoded = graph.recurrent(decoder, future, initial: encoded.state)
    let hidden = graph.named(
      "hidden", graph.linear(head, graph.concatenate([decoded.sequence, future])))
    let rest = graph.named("rest", graph.linear(self.rest, hidden))
    let bases = MixtureFit.bases(baseCount, horizon: horizon, in: graph)
    let shares = graph.softmax(
      graph.choose(bases.isKnown, graph.linear(scores, hidden), graph.scalar(-1e30)))
    let middle = model.quantiles.count / 2
    let centre = graph.named(
      "centre",
      graph.add(
        graph.addAxis(graph.sum(graph.multiply(shares, bases.values)), -1),
        graph.columns(rest, middle..<(middle + 1))))
    let widths = graph.named(
      "widths", graph.multiply(graph.softplus(graph.add(rest, 0.5)), 1.5))
    var quantiles = [centre]
    for q in (0..<middle).reversed() {
      quantiles.insert(graph.subtract(quantiles[0], graph.columns(widths, q..<(q + 1))), at: 0)
    }
    for q in (middle + 1)..<max(middle + 1, model.quantiles.count) {
      quantiles.append(graph.add(quantiles[q - 1], graph.columns(widths, q..<(q + 1))))
    }
    return graph.concatenate(quantiles)
  }
}

extension MixtureFit {
  /// The simple forecasts, 0 where they are missing, and whether they are there.
  fileprivate static func bases(_ count: Int, horizon: Int, in graph: ExportGraph) -> (
    values: ExportGraph.Value, isKnown: ExportGraph.Value
  ) {
    let bases = graph.input(
      "bases", ["N", "\(horizon)", "\(count)"],
      "the simple forecasts that are mixed; 1e30 where the past does not give one")
    let isKnown = graph.isLess(bases, graph.scalar(MixtureWindows.missing / 2))
    return (graph.choose(isKnown, bases, graph.scalar(0)), isKnown)
  }

  /// `[N, horizon, Q]` in the table's units, from the mean of the members.
  func answers(
    _ mean: ExportGraph.Value, baseCount: Int, yearBase: Int?, horizon: Int, quantiles: Int,
    in graph: ExportGraph
  ) -> ExportGraph.Value {
    let bases = Self.bases(baseCount, horizon: horizon, in: graph)
    let middle = quantiles / 2
    func base(_ place: Int) -> ExportGraph.Value {
      graph.columns(bases.values, place..<(place + 1))
    }
    func median(_ forecast: ExportGraph.Value) -> ExportGraph.Value {
      graph.columns(forecast, middle..<(middle + 1))
    }
    var forecast = mean
    if calibration.share < 1 {
      let apart = graph.subtract(base(calibration.base), median(forecast))
      forecast = graph.named(
        "leaning", graph.add(forecast, graph.multiply(apart, 1 - calibration.share)))
    }
    forecast = calibration.intervals.widened(
      forecast, horizon: horizon, count: quantiles, median: middle, in: graph)
    if let limit, let yearBase {
      let stray = graph.named(
        "stray",
        graph.absolute(graph.subtract(base(yearBase), base(MixtureReader.levelBase))))
      let excess = graph.divide(graph.subtract(graph.divide(stray, limit), 1), 0.5)
      let part = graph.named(
        "part",
        graph.multiply(
          graph.clamp(excess, low: 0, high: 1),
          graph.columns(graph.float(bases.isKnown), yearBase..<(yearBase + 1))))
      let shift = graph.multiply(part, graph.subtract(base(yearBase), median(forecast)))
      let sides = (0..<quantiles).map { $0 < middle ? -0.15 : $0 > middle ? 0.15 : Float(0) }
      let wider = graph.multiply(
        graph.multiply(part, stray), graph.constant("sides", [quantiles], sides))
      forecast = graph.add(graph.add(forecast, shift), wider)
    }
    func ofWindow(_ name: String, _ meaning: String) -> ExportGraph.Value {
      graph.addAxis(graph.addAxis(graph.input(name, ["N"], meaning), -1), -1)
    }
    let value = graph.add(
      ofWindow("level", "the window's level"),
      graph.multiply(forecast, ofWindow("scale", "the window's scale")))
    var amounts: ExportGraph.Value
    switch transform {
    case .logarithm(let offset):
      amounts = graph.clamp(graph.subtract(graph.exp(value), offset), low: 0)
    case .linear:
      amounts = graph.multiply(value, ofWindow("unit", "what the series' amounts are divided by"))
    }
    if isPositive { amounts = graph.clearedBelow(amounts) }
    if seasons.short > 0 {
      let open = graph.input(
        "open", ["N", "\(horizon)"],
        "0 where the series was 0 at this place of the last four seasons")
      amounts = graph.multiply(amounts, graph.addAxis(open, -1))
    }
    return amounts
  }
}

extension TrainedModel<SalesTask> {
  /// Reads windows of all series, up to the end of the training.
  func mixtureReader(_ fit: MixtureFit) -> MixtureReader {
    MixtureReader(
      past: fit.past(
        amounts: fit.amounts, firstStep: fit.firstStep, units: fit.units,
        steps: fitted.trainedSteps, origin: 0, fitted.grid, horizon: fitted.horizon,
        covariates: fitted.columns.covariates.isEmpty
          ? []
          : [Float](
            repeating: 0,
            count: fit.units.count * (fitted.trainedSteps + fitted.horizon)
              * fitted.columns.covariates.count),
        columns: fitted.columns.covariates.count), history: fitted.history)
  }

  /// What networks read that mix bases, of all series.
  func addWindows(_ fit: MixtureFit, to example: inout ExportExample) throws {
    let reader = mixtureReader(fit)
    let (count, steps, horizon) = (fit.units.count, fitted.trainedSteps, fitted.horizon)
    let windows = reader.windows(
      MixtureBatch(
        series: (0..<Int32(count)).map { $0 }, origins: fit.units.map { _ in Int32(steps) }),
      before: steps)
    func add(_ name: String, _ values: [Float], _ length: Int, _ columns: Int) {
      example.add(
        name, [count, length, columns],
        ExportExample.swapped(values, length, count, width: columns))
    }
    add("past", windows.past, fitted.history, reader.pastColumns)
    add("future", windows.future, horizon, reader.futureColumns)
    example.add("statics", [count, MixtureWindows.staticColumns], windows.statics)
    let width = 1 + reader.baseCount
    add(
      "bases",
      stride(from: 0, to: windows.target.count, by: width).flatMap {
        windows.target[($0 + 1)..<($0 + width)]
      }, horizon, reader.baseCount)
    example.add("level", [count], windows.levels)
    example.add("scale", [count], windows.scales)
    if fit.transform == .linear { example.add("unit", [count], fit.units) }
    if fit.isPositive { example.add("smallest", [count], fitted.series.map(\.smallest)) }
    if fit.seasons.short > 0 {
      example.add(
        "open", [count, horizon],
        (0..<count).flatMap { series in
          (0..<horizon).map {
            isClosed(reader.past, fit, fit.amounts, series, $0) ? Float(0) : 1
          }
        })
    }
  }
}
