import SluiceCompute
import SluiceExport
import SluiceNN

extension ReviewNetwork {
  func scores(_ inputs: ReviewInputs, in graph: ExportGraph) -> ExportGraph.Value {
    var read = graph.embedding(words, inputs.tokens)
    if let pairs, let neighbours = inputs.pairs {
      read = graph.add(read, graph.embedding(pairs, neighbours))
    }
    let sequence = graph.recurrent(recurrent, read, lengths: inputs.lengths).sequence
    let all = 0..<recurrent.outputSize
    var parts = [
      graph.pool(
        sequence, [PoolPart(.max, all), PoolPart(.mean, all)] + recurrent.finalParts,
        lengths: inputs.lengths)
    ]
    if let side {
      let known =
        zip(categories, inputs.categories).map { graph.embedding($0, $1) }
        + (inputs.side.map { [$0] } ?? [])
      parts.append(graph.linear(side, graph.concatenate(known)))
    }
    let logits = graph.linear(head, graph.concatenate(parts))
    guard let wide, let sequences = inputs.sequences else { return logits }
    let more = graph.embeddingBag(
      sequences.features, weights: sequences.weights, table: graph.parameter(wide.weight))
    return graph.add(logits, graph.multiply(more, wide.scale))
  }
}

extension StackedReader {
  func scores(_ inputs: ReviewInputs, in graph: ExportGraph) throws -> ExportGraph.Value {
    guard let vectors else { return graph.stack(stack, inputs.tokens, lengths: inputs.lengths) }
    let table = graph.constant(
      "vectors", vectors.shape.dimensions, try stackBackend.read(vectors))
    return graph.stack(
      stack, graph.embedding(inputs.tokens, table: table), lengths: inputs.lengths)
  }
}

extension RatingOutput {
  /// `[N, K]`: the probability of each rating.
  func probabilities(_ scores: ExportGraph.Value, scale: RatingScale, in graph: ExportGraph)
    -> ExportGraph.Value
  {
    switch self {
    case .classes: return graph.softmax(scores)
    case .logit:
      let higher = graph.named("higher", graph.sigmoid(scores))
      return graph.concatenate([graph.subtract(1, higher), higher])
    case .value(let centre, let deviation):
      // The two neighbours of the rating share it, such that it is the expected one.
      let own = graph.constant("moments", [2], [deviation, centre])
      let rating = graph.add(
        graph.multiply(scores, graph.columns(own, 0..<1)), graph.columns(own, 1..<2))
      let values = scale.values.map { Float($0) }
      let kept = graph.named(
        "kept", graph.clamp(rating, low: values[0], high: values[values.count - 1]))
      let gaps = zip(values.dropFirst(), values).map { $0 - $1 }
      func reach(
        _ from: ExportGraph.Value, _ to: ExportGraph.Value, _ name: String, _ gaps: [Float]
      )
        -> ExportGraph.Value
      {
        graph.divide(graph.subtract(from, to), graph.constant(name, [values.count], gaps))
      }
      let table = graph.constant("values", [values.count], values)
      let below = reach(table, kept, "gaps_below", [1] + gaps)
      let above = reach(kept, table, "gaps_above", gaps + [1])
      return graph.clamp(graph.subtract(1, graph.maximum(below, above)), low: 0)
    }
  }
}
