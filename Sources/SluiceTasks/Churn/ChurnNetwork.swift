import SluiceCompute
import SluiceExport
import SluiceNN

/// Recurrent layers over the columns of a customer, or over the rows of its history.
///
/// Every cell becomes a token. Where customers have one row, they read its tokens column by
/// column; where they have several, they read row by row, the tokens of a row side by side. The outputs
/// are pooled (largest, mean, last); a hidden layer makes one logit of them.
struct ChurnNetwork: CustomerReader {
  let model: ChurnModelSettings
  let isHistory: Bool
  let layout: ParameterLayout
  let layers: [any Layer]

  var steps: [Int]

  let tokens: ColumnTokens
  private let recurrent: Recurrent
  private let head: Linear
  private let last: Linear

  init(_ model: ChurnModelSettings, encoders: [ColumnEncoder], isHistory: Bool) {
    self.model = model
    self.isHistory = isHistory
    steps = Array(encoders.indices)
    var layout = ParameterLayout()
    tokens = ColumnTokens(
      "tokens", encoders: encoders, bins: model.bins, size: model.tokenSize, in: &layout)
    recurrent = Recurrent(
      model.cell.rawValue, cell: model.cell,
      inputSize: isHistory ? model.tokenSize * encoders.count : model.tokenSize,
      hiddenSize: model.hidden, layers: model.layers, bidirectional: model.bidirectional,
      dropout: Float(model.dropout), in: &layout)
    let flat = !isHistory && model.flatTokens ? model.tokenSize * encoders.count : 0
    head = Linear(
      "head", inputSize: 3 * recurrent.outputSize + flat, outputSize: model.head, activation: .relu,
      in: &layout)
    last = Linear("output", inputSize: model.head, outputSize: 1, in: &layout)
    self.layout = layout
    layers = [tokens, recurrent, head, last]
  }

  var output: ChurnOutput { .logit }

  func plans(on backend: any Backend, batch: Int, steps: Int?) throws -> [Recurrent.LayerPlan] {
    try recurrent.plans(
      on: backend, steps: steps ?? tokens.columnCount, batch: batch, hasLengths: isHistory)
  }

  func callAsFunction(_ batch: CustomerBatch, on tape: Tape) throws -> Variable {
    let cells = try tape.dropout(
      tokens(batch, isHistory ? .sideBySide : .steps(steps), on: tape),
      rate: Float(model.inputDropout))
    let sequence = try recurrent(cells, lengths: batch.lengths, on: tape).sequence
    let all = 0..<recurrent.outputSize
    let pooled = try tape.pool(
      sequence, [PoolPart(.max, all), PoolPart(.mean, all)] + recurrent.finalParts,
      lengths: batch.lengths)
    let joined = try tape.concatenate(
      [pooled], stepsOf: !isHistory && model.flatTokens ? cells : nil)
    let features = try tape.dropout(joined, rate: Float(model.dropout))
    let hidden = try tape.dropout(head(features, on: tape), rate: Float(model.dropout))
    return try last(hidden, on: tape)
  }

  func scores(
    _ cells: ExportGraph.Value, lengths: ExportGraph.Value?, in graph: ExportGraph
  ) -> ExportGraph.Value {
    let sequence = graph.recurrent(recurrent, cells, lengths: lengths).sequence
    let all = 0..<recurrent.outputSize
    var features = [
      graph.pool(
        sequence, [PoolPart(.max, all), PoolPart(.mean, all)] + recurrent.finalParts,
        lengths: lengths)
    ]
    if !isHistory, model.flatTokens {
      features.append(
        graph.flatten(cells, leading: 1, size: tokens.columnCount * tokens.size))
    }
    return graph.linear(last, graph.linear(head, graph.concatenate(features)))
  }
}
