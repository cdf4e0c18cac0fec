import SluiceCompute
import SluiceExport
import SluiceNN
import SluiceTables
import SluiceTraining

extension SalesTask {
  /// Windows of series to `forecast`, in the table's units.
  package static func graph(of model: Model) throws -> ExportGraph {
    let graph = ExportGraph()
    let horizon = model.fitted.horizon
    let quantiles = model.settings.model.quantiles
    let members = try graph.members(model.networks.map(\.parameters)) { member in
      switch model.networks[member].network {
      case .encoderDecoder(let network):
        network.quantiles(model.fitted.vocabularies, in: graph)
      case .stack(let network): network.forecast(in: graph)
      case .mixture(let network): network.quantiles(in: graph)
      }
    }
    var forecast = graph.mean(members, axis: 0)
    if let fit = model.fitted.mixture {
      forecast = fit.answers(
        forecast, baseCount: model.mixtureReader(fit).baseCount,
        yearBase: model.mixtureReader(fit).yearBase, horizon: horizon, quantiles: quantiles.count,
        in: graph)
    } else {
      forecast = model.fitted.answers(forecast, quantiles: quantiles, in: graph)
    }
    graph.output(
      "forecast", ["N", "\(horizon)", "\(quantiles.count)"], forecast,
      "for each step ahead the quantiles \(quantiles.map { "\($0)" }.joined(separator: ", "))")
    return graph
  }

  /// The windows of all series from the end of the training on, or of those that a table asks for.
  package static func example(of model: Model, for table: Table?) throws -> Safetensors {
    guard table == nil else {
      throw ExportError(
        "an example of sales is of the series that the model was trained on",
        remedy: "Leave `data.path` out.")
    }
    guard model.fitted.columns.covariates.isEmpty else {
      throw ExportError(
        "an example of sales needs \(model.fitted.columns.covariates.joined(separator: ", ")) ahead, "
          + "which are not kept with a model",
        remedy: "The model itself can be exported.")
    }
    var example = ExportExample()
    if let fit = model.fitted.mixture {
      try model.addWindows(fit, to: &example)
    } else {
      try model.addWindows(to: &example)
    }
    let forecast = try model.predict().forecast
    example.add(
      answer: "forecast",
      [forecast.seriesCount, forecast.horizon, forecast.quantiles.count], forecast.values)
    return example.tensors
  }
}

extension SalesNetwork {
  /// `[N, horizon, Q]`: quantiles of the residual less the level, of one member.
  func quantiles(_ vocabularies: [[String]], in graph: ExportGraph) -> ExportGraph.Value {
    var past = graph.input(
      "past", ["N", "\(history)", "\(pastSize)"],
      "the residual less the level, times `input_scale`, calendar, covariates")
    var future = graph.input(
      "future", ["N", "\(horizon)", "\(futureSize)"],
      "the position in the horizon, years gone by, calendar, covariates")
    if let mixer {
      var known = embeddings.map { embedding in
        graph.embedding(
          embedding,
          graph.input(
            embedding.name.replacing("embedding.", with: "key."), as: .int64, ["N"],
            "the place of the series' value in the vocabulary, from 1; 0: none of them"))
      }
      known.append(graph.input("means", ["N", "1"], "the series' standardised mean"))
      let statics = graph.named("statics", graph.linear(mixer, graph.concatenate(known)))
      past = graph.concatenate([past, graph.beside(steps: past, statics)])
      future = graph.named(
        "future", graph.concatenate([future, graph.beside(steps: future, statics)]))
    }
    let encoded = graph.recurrent(encoder, past)
    let decoded = graph.recurrent(decoder, future, initial: encoded.state)
    return graph.linear(
      output, graph.linear(head, graph.concatenate([decoded.sequence, future])))
  }
}

extension SalesStack {
  /// `[N, horizon, 1]`: the centre of the residual less the level, step after step.
  func forecast(in graph: ExportGraph) -> ExportGraph.Value {
    let start = graph.input(
      "values", ["N", "\(history)", "1"], "the residual less the level, times `input_scale`")
    let known = graph.input(
      "known", ["N", "\(history + horizon)", "\(columns - 1)"],
      "calendar and covariates, of the past and the steps ahead")
    let values = graph.repeated(horizon, start) { values in
      let read = graph.concatenate([
        graph.steps(fromHere: values, count: history), graph.steps(fromHere: known, count: history),
      ])
      let next = graph.multiply(graph.stack(stack, read), inputScale)
      return graph.concatenate([values, graph.addAxis(next, 1)], axis: 1)
    }
    return graph.divide(graph.steps(of: values, from: history), inputScale)
  }
}

extension SalesPreprocessing {
  /// `[N, horizon, Q]` in the table's units, from what networks say of residuals.
  fileprivate func answers(
    _ residuals: ExportGraph.Value, quantiles: [Double], in graph: ExportGraph
  ) -> ExportGraph.Value {
    var residuals = residuals
    if let errors = errorQuantiles {
      let byStep = (0..<horizon).flatMap { step in errors.map { $0[step] } }
      residuals = graph.add(
        residuals, graph.constant("errors", [horizon, errors.count], byStep))
    }
    let shift = graph.input(
      "shift", ["N", "\(horizon)"], "level + offset of the series + what the calendar explains")
    let unit = graph.input("unit", ["N"], "what the series' amounts are divided by")
    residuals = graph.sorted(residuals)
    if let intervals, let median = quantiles.firstIndex(of: 0.5) {
      residuals = intervals.widened(
        residuals, horizon: horizon, count: quantiles.count, median: median, in: graph)
    }
    let sum = graph.add(residuals, graph.addAxis(shift, -1))
    let amounts = graph.multiply(
      graph.subtract(graph.exp(sum), 1), graph.addAxis(graph.addAxis(unit, -1), -1))
    return graph.clearedBelow(amounts)
  }
}

extension IntervalCalibration {
  /// `[N, horizon, Q]`: the quantiles moved, ascending as they were.
  func widened(
    _ forecast: ExportGraph.Value, horizon: Int, count: Int, median: Int, in graph: ExportGraph
  ) -> ExportGraph.Value {
    let centre = graph.columns(forecast, median..<(median + 1))
    let factors = factors(horizon: horizon, count: count, median: median)
    return graph.named(
      "widened",
      graph.add(
        centre,
        graph.multiply(
          graph.subtract(forecast, centre),
          graph.constant("factors", [horizon, count], factors))))
  }
}

extension ExportGraph {
  /// Nothing below 0, and nothing between 0 and half of what a series has ever sold at least.
  func clearedBelow(_ amounts: Value) -> Value {
    let smallest = input("smallest", ["N"], "the least above 0 that the series has sold")
    let least = clamp(multiply(addAxis(addAxis(smallest, -1), -1), 0.5), low: 0)
    return multiply(amounts, subtract(1, float(isLess(amounts, least))))
  }
}

extension TrainedModel<SalesTask> {
  /// What a network of residuals reads of all series.
  fileprivate func addWindows(to example: inout ExportExample) throws {
    let steps = fitted.history
    let history = SalesHistory(
      facts: fitted.series, values: fitted.recentValues, covariates: [],
      firstStep: fitted.series.map { _ in 0 }, steps: steps,
      origin: fitted.trainedSteps - steps)
    let features = fitted.features(
      of: history, calendar: fitted.calendar(settings.model), knowsLevels: true)
    let data = try SalesDataset(features, on: backend)
    let count = data.seriesCount
    let all = (0..<Int32(count)).map { $0 }
    let windows = SalesWindows(
      history: all, series: all, starts: all.map { _ in Int32(steps) },
      keys: data.keyIndices.map { Array($0.prefix(count)) })
    let batch = try SalesBatch(windows, on: backend)
    let horizon = fitted.horizon
    let width = 1 + features.calendarFeatures
    func add(_ name: String, _ tensor: Tensor) throws {
      let (length, columns) = (tensor.shape[0], tensor.columns)
      example.add(
        name, [count, length, columns],
        ExportExample.swapped(try backend.read(tensor), length, count, width: columns))
    }
    let scale = Float(settings.model.inputScale)
    let past = try batch.past(of: data, steps: steps, columns: width, scale: scale, on: backend)
    if case .stack = networks[0].network {
      let values = ExportExample.swapped(
        try backend.read(past), steps, count, width: width
      ).enumerated().filter { $0.offset % width == 0 }.map(\.element)
      example.add("values", [count, steps, 1], values)
      let known = features.calendar
      example.add(
        "known", [count, steps + horizon, features.calendarFeatures],
        (0..<count).flatMap { _ in known })
    } else {
      try add("past", past)
      try add("future", try batch.future(of: data, columns: width + 1, on: backend))
      if settings.model.statics {
        for (name, keys) in zip(fitted.columns.series, windows.keys) {
          example.add("key.\(name)", [count], keys.map { Int($0) })
        }
        example.add("means", [count, 1], Array(features.means.prefix(count)))
      }
    }
    let bases = (0..<horizon).map { fitted.base(history.origin + steps + $0) }
    example.add(
      "shift", [count, horizon],
      fitted.series.indices.flatMap { series in
        bases.map { data.level(row: series, step: steps) + fitted.series[series].offset + $0 }
      })
    example.add("unit", [count], fitted.series.map(\.unit))
    example.add("smallest", [count], fitted.series.map(\.smallest))
  }
}
