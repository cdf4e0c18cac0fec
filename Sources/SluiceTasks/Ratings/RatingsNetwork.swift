import SluiceCompute
import SluiceNN

/// Reads a user's earlier ratings by recurrent layers over time, and rates an item from the state
/// behind any of them: one pass over a past serves every rating in it. One number for each rating of the scale
/// comes out.
package struct RatingsNetwork: TaskNetwork {
  package let layout: ParameterLayout
  package let layers: [any Layer]
  let model: RatingsModelSettings
  /// K
  let classes: Int
  let ratings: Embedding
  let items: Embedding
  let recurrent: Recurrent
  let mix: Linear
  let head: Linear

  init(_ model: RatingsModelSettings, encoder: RatingEncoder) {
    self.model = model
    classes = encoder.deviations.count
    var layout = ParameterLayout()
    ratings = Embedding(
      "ratings", vocabulary: classes + 1, size: 8, initializer: .normal(standardDeviation: 0.3),
      in: &layout)
    items = Embedding(
      "items", vocabulary: encoder.embeddedItems + 1, size: model.embedding,
      initializer: .normal(standardDeviation: 0.1), in: &layout)
    recurrent = Recurrent(
      model.cell.rawValue, cell: model.cell, inputSize: 8 + model.embedding + encoder.inputCount,
      hiddenSize: model.hidden,
      layers: model.layers, dropout: Float(model.outputDropout), in: &layout)
    mix = Linear(
      "mix", inputSize: recurrent.outputSize + model.embedding + RatingEncoder.knownCount,
      outputSize: model.mixed, activation: .relu, in: &layout)
    head = Linear(
      "head", inputSize: model.mixed + RatingEncoder.knownCount, outputSize: classes, in: &layout)
    self.layout = layout
    layers = [ratings, items, recurrent, mix, head]
  }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try recurrent.plans(on: backend, steps: model.steps, batch: batch, hasLengths: true)
  }

  /// The state behind every step of a batch.
  ///
  /// - Returns: `[T, N, H]`; zero past a sequence's end.
  func states(_ batch: PastBatch, on tape: Tape) throws -> Variable {
    let steps = try tape.concatenate([
      ratings(batch.ratings, on: tape), items(batch.items, on: tape), tape.constant(batch.inputs),
    ])
    let read = try recurrent(steps, lengths: batch.lengths, on: tape)
    return try tape.variationalDropout(read.sequence, rate: Float(model.outputDropout))
  }

  /// Rates items from states.
  ///
  /// - Parameters:
  ///   - states: `[…, H]`
  ///   - targets: `[…]` int32: the items.
  ///   - known: `[…, ``RatingEncoder/knownCount``]`
  /// - Returns: `[…, K]`, logits.
  func ratings(_ states: Variable, targets: Tensor, known: Tensor, on tape: Tape) throws
    -> Variable
  {
    let known = tape.constant(known)
    let mixed = try mix(
      tape.concatenate([states, items(targets, on: tape), known]), on: tape)
    let inputs = try tape.concatenate([mixed, known], dropping: Float(model.dropout), of: 0)
    return try head(inputs, on: tape)
  }
}
