import SluiceCompute
import SluiceNN

/// Reads a user's earlier ratings by an LSTM over time, and rates an item from the state behind any
/// of them: one pass over a past serves every rating in it. One number for each rating of the scale
/// comes out.
struct HistoryNetwork {
  let model: HistoryConfiguration
  let layout: ParameterLayout
  let layers: [any Layer]

  private let ratings: Embedding
  private let items: Embedding
  private let lstm: LSTM
  private let mix: Linear
  private let head: Linear

  private static let ratingSize = 8

  /// - Parameter classes: K.
  init(_ model: HistoryConfiguration, encoder: HistoryEncoder, classes: Int) {
    self.model = model
    var layout = ParameterLayout()
    ratings = Embedding(
      "ratings", vocabulary: classes + 1, size: Self.ratingSize,
      initializer: .normal(standardDeviation: 0.3), in: &layout)
    items = Embedding(
      "items", vocabulary: encoder.embeddedItems + 1, size: model.embedding,
      initializer: .normal(standardDeviation: 0.1), in: &layout)
    lstm = LSTM(
      "lstm", inputSize: Self.ratingSize + model.embedding + encoder.inputCount,
      hiddenSize: model.hidden, layers: model.layers, dropout: Float(model.outputDropout),
      in: &layout)
    mix = Linear(
      "mix", inputSize: lstm.outputSize + model.embedding + HistoryEncoder.knownCount,
      outputSize: model.mixed, activation: .relu, in: &layout)
    head = Linear(
      "head", inputSize: model.mixed + HistoryEncoder.knownCount, outputSize: classes, in: &layout)
    self.layout = layout
    layers = [ratings, items, lstm, mix, head]
  }

  /// How the device runs the LSTM, for batches of the longest sequences.
  func plans(on backend: any Backend, batch: Int) throws -> [LSTM.LayerPlan] {
    try lstm.plans(on: backend, steps: model.steps, batch: batch, hasLengths: true)
  }

  /// About the bytes of device memory that a sequence takes in training.
  var bytesPerRow: Int {
    4 * model.steps
      * (lstm.layerCount * lstm.outputSize * 8 + 4 * (lstm.inputSize + mix.inputSize + model.mixed))
  }

  /// The state behind every step of a batch.
  ///
  /// - Returns: `[T, N, H]`; zero past a sequence's end.
  func states(_ batch: HistoryBatch, on tape: Tape) throws -> Variable {
    let steps = try tape.concatenate([
      ratings(batch.ratings, on: tape), items(batch.items, on: tape), tape.constant(batch.inputs),
    ])
    let read = try lstm(steps, lengths: batch.lengths, on: tape)
    return try tape.variationalDropout(read.sequence, rate: Float(model.outputDropout))
  }

  /// Rates items from states.
  ///
  /// - Parameters:
  ///   - states: `[…, H]`
  ///   - targets: `[…]` int32: the items.
  ///   - known: `[…, Q]`
  /// - Returns: `[…, K]`, logits.
  func ratings(_ states: Variable, targets: Tensor, known: Tensor, on tape: Tape) throws
    -> Variable
  {
    let known = tape.constant(known)
    let mixed = try mix(
      tape.concatenate([states, items(targets, on: tape), known]), on: tape)
    let kept = try tape.dropout(mixed, rate: Float(model.dropout))
    return try head(tape.concatenate([kept, known]), on: tape)
  }
}
