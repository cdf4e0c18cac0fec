import SluiceCompute
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTables
import SluiceTraining

extension ChurnTask {
  /// `codes`, `numbers` and, of histories, `lengths` to `churn_probability`.
  package static func graph(of model: Model) throws -> ExportGraph {
    let graph = ExportGraph()
    let shift = Float(model.settings.decision.positiveWeight).logarithm
    let members = try graph.members(model.networks.map(\.parameters)) { member in
      let reader = model.networks[member].network.reader
      let inputs = reader.tokens.inputs(of: graph, isHistory: reader.isHistory)
      let cells = reader.tokens.cells(inputs, steps: reader.steps, in: graph)
      let number = graph.removeAxis(
        reader.scores(cells, lengths: inputs.lengths, in: graph), -1)
      let logit = reader.output.logit(number, in: graph)
      return graph.sigmoid(shift == 0 ? logit : graph.subtract(logit, shift))
    }
    let logit = graph.logit(graph.mean(members, axis: 0))
    let honest = graph.divide(logit, Float(model.fitted.calibration.temperature))
    graph.output(
      "churn_probability", ["N"], graph.sigmoid(honest),
      "how likely each customer is gone; from \(model.fitted.threshold) on it counts as "
        + "\(model.fitted.columns.positive)")
    return graph
  }

  package static func example(of model: Model, for table: Table?) throws -> Safetensors {
    let table = try table.given("the customers to score")
    let customers = try CustomerTable(table, columns: model.fitted.columns)
    let data = try model.cells(customers)
    let rows = model.rows(of: Array(0..<customers.count), in: customers)
    let isHistory = model.fitted.columns.time != nil
    let batch = try CustomerBatch(rows, of: data, isHistory: isHistory, on: model.backend)
    var example = ExportExample()
    let leading = [batch.count] + (isHistory ? [batch.steps] : [])
    let cells = batch.steps * batch.count
    func ordered<Element>(_ values: [Element], columns: Int, width: Int = 1) -> [Element] {
      // [C, T, N, W] to [T, N, C, W] to [N, T, C, W].
      let last = ExportExample.swapped(values, columns, cells, width: width)
      return ExportExample.swapped(last, batch.steps, batch.count, width: columns * width)
    }
    if let codes = batch.codes {
      let values = try model.backend.read(codes, as: Int32.self)
      let columns = codes.shape[0]
      example.add(
        "codes", leading + [columns], ordered(values, columns: columns).map { Int($0) })
    }
    if let numbers = batch.numbers {
      let (columns, width) = (numbers.shape[0], numbers.shape[3])
      example.add(
        "numbers", leading + [columns, width],
        ordered(try model.backend.read(numbers), columns: columns, width: width))
    }
    if isHistory { example.add("lengths", [batch.count], rows.map(\.count)) }
    example.add(
      answer: "churn_probability", [batch.count],
      try model.probabilities(rows, cells: data).map { Float($0) })
    return example.tensors
  }
}

extension ColumnTokens {
  struct Inputs {
    let codes: ExportGraph.Value?
    let numbers: ExportGraph.Value?
    let lengths: ExportGraph.Value?
    let isHistory: Bool
  }

  /// `codes` `[N, Cc]`, `numbers` `[N, Cn, W]`; of histories `[N, T, …]`, and `lengths`.
  func inputs(of graph: ExportGraph, isHistory: Bool) -> Inputs {
    let leading = isHistory ? ["N", "T"] : ["N"]
    let own = columns.count - numbers.count
    return Inputs(
      codes: own == 0
        ? nil
        : graph.input(
          "codes", as: .int64, leading + ["\(own)"],
          "the place of each value among its column's levels, from 1; 0: none of them"),
      numbers: numbers.isEmpty
        ? nil
        : graph.input(
          "numbers", leading + ["\(numbers.count)", "\(numbers[0].weight.shape[1])"],
          "the code of each number"),
      lengths: isHistory
        ? graph.input("lengths", as: .int64, ["N"], "the rows of each customer, at least 1") : nil,
      isHistory: isHistory)
  }

  /// `[N, C, E]`, each column at its step; of histories `[N, T, C·E]`.
  func cells(_ inputs: Inputs, steps: [Int], in graph: ExportGraph) -> ExportGraph.Value {
    var parts: [ExportGraph.Value] = []
    let firstRows = columns.compactMap { column -> Int? in
      if case .levels(_, let rows) = column { rows.lowerBound } else { nil }
    }
    if let codes = inputs.codes, let levels {
      let rows = graph.add(codes, graph.integers("first_rows", firstRows))
      parts.append(graph.embedding(rows, table: graph.parameter(levels)))
    }
    if let given = inputs.numbers {
      parts.append(
        graph.linearOfColumns(
          given, weights: graph.parameters(numbers.map(\.weight)),
          biases: graph.parameters(numbers.map(\.bias))))
    }
    // Columns with values of their own come first, then numbers.
    var order = [Int](repeating: 0, count: columns.count)
    for (column, place) in columns.enumerated() {
      let step = inputs.isHistory ? column : steps[column]
      switch place {
      case .levels(let index, _): order[step] = index
      case .scale(let index): order[step] = firstRows.count + index
      }
    }
    let cells = graph.reordered(
      graph.concatenate(parts, axis: -2), graph.integers("order", order))
    return graph.named(
      "cells",
      inputs.isHistory ? graph.flatten(cells, leading: 2, size: columns.count * size) : cells)
  }
}

extension ChurnOutput {
  fileprivate func logit(_ number: ExportGraph.Value, in graph: ExportGraph) -> ExportGraph.Value {
    guard case .value = self else { return number }
    let nearest = graph.clamp(number, low: Float(Self.margin), high: Float(1 - Self.margin))
    let beyond = graph.divide(
      graph.subtract(number, nearest), Float(Self.margin * (1 - Self.margin)))
    return graph.add(graph.logit(nearest), beyond)
  }
}

extension Float {
  fileprivate var logarithm: Float { self == 1 ? 0 : Float(SluicePlatform.logarithm(Double(self))) }
}
