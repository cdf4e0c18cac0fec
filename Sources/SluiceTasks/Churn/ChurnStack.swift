import SluiceCompute
import SluiceExport
import SluiceNN

/// A plain stack of layers over the tokens of a customer: column by column, or row by row of its
/// history, the tokens of a row side by side.
struct ChurnStack: CustomerReader {
  let layout: ParameterLayout
  let layers: [any Layer]
  let isHistory: Bool
  var steps: [Int]
  let output: ChurnOutput

  let tokens: ColumnTokens
  private let stack: LayerStack

  /// - Throws: `StackError` where the layers do not make a network.
  init(_ model: ChurnModelSettings, encoders: [ColumnEncoder], isHistory: Bool) throws {
    self.isHistory = isHistory
    steps = Array(encoders.indices)
    var layout = ParameterLayout()
    tokens = ColumnTokens(
      "tokens", encoders: encoders, bins: model.bins, size: model.tokenSize, in: &layout)
    stack = try LayerStack(
      model.stack,
      input: .features(isHistory ? model.tokenSize * encoders.count : model.tokenSize), in: &layout)
    output = stack.output == .linear ? .value : .logit
    self.layout = layout
    layers = [tokens] + stack.layers
  }

  func plans(on backend: any Backend, batch: Int, steps: Int?) throws -> [Recurrent.LayerPlan] {
    try stack.plans(
      on: backend, steps: steps ?? tokens.columnCount, batch: batch, hasLengths: isHistory)
  }

  func callAsFunction(_ batch: CustomerBatch, on tape: Tape) throws -> Variable {
    try stack(
      tokens(batch, isHistory ? .sideBySide : .steps(steps), on: tape), lengths: batch.lengths,
      on: tape)
  }

  func scores(
    _ cells: ExportGraph.Value, lengths: ExportGraph.Value?, in graph: ExportGraph
  ) -> ExportGraph.Value {
    graph.stack(stack, cells, lengths: lengths)
  }
}
