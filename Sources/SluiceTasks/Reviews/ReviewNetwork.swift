import SluiceCompute
import SluiceNN

/// Reads a review: recurrent layers over its tokens, both ways, beside what else is known, and a
/// linear branch over the sequences of words in it. One number for each rating of the scale comes out.
struct ReviewNetwork: ReviewReader {
  let model: ReviewModelSettings
  let layout: ParameterLayout
  let layers: [any Layer]

  let words: Embedding
  let pairs: Embedding?
  let recurrent: Recurrent
  let categories: [Embedding]
  let side: Linear?
  let head: Linear
  let wide: EmbeddingBag?

  /// - Parameters:
  ///   - classes: K.
  ///   - categoryNames: The columns of categories.
  init(
    _ model: ReviewModelSettings, encoder: ReviewEncoder, classes: Int,
    categoryNames: [String]
  ) {
    self.model = model
    var layout = ParameterLayout()
    words = Embedding(
      "words", vocabulary: encoder.vocabulary.count, size: model.embedding,
      initializer: .normal(standardDeviation: 0.1), in: &layout)
    pairs =
      model.pairs == 0
      ? nil
      : Embedding(
        "pairs", vocabulary: 1 + model.pairs, size: model.embedding,
        paddingIndex: Int(EncodedReviews.noPair), initializer: .normal(standardDeviation: 0.05),
        in: &layout)
    recurrent = Recurrent(
      model.cell.rawValue, cell: model.cell, inputSize: model.embedding, hiddenSize: model.hidden,
      layers: model.layers,
      bidirectional: model.bidirectional, dropout: Float(model.outputDropout), in: &layout)
    categories = zip(categoryNames, encoder.categories).map { name, values in
      Embedding(
        "category.\(name)", vocabulary: values.count + 1,
        size: Self.embeddingSize(values: values.count),
        initializer: .normal(standardDeviation: 0.3), in: &layout)
    }
    let sideInputs = encoder.sideCount + categories.reduce(0) { $0 + $1.size }
    side =
      sideInputs == 0
      ? nil
      : Linear(
        "side", inputSize: sideInputs, outputSize: model.side.size, activation: .relu, in: &layout)
    head = Linear(
      "head", inputSize: 3 * recurrent.outputSize + (side?.outputSize ?? 0), outputSize: classes,
      in: &layout)
    let sequences = encoder.ngrams?.count ?? 0
    wide =
      sequences == 0
      ? nil
      : EmbeddingBag(
        "wide", vocabulary: sequences, size: classes, scale: Float(model.wide.scale),
        learningRateScale: Float(model.wide.learningRateScale), in: &layout)
    var layers: [any Layer] = [words]
    if let pairs { layers.append(pairs) }
    layers.append(recurrent)
    layers += categories as [any Layer]
    if let side { layers.append(side) }
    layers.append(head)
    if let wide { layers.append(wide) }
    self.layout = layout
    self.layers = layers
  }

  /// About the square root of the number of values.
  private static func embeddingSize(values: Int) -> Int {
    max(1, min(16, Int(Float(values + 1).squareRoot().rounded(.up))))
  }

  var output: RatingOutput { .classes(ordinal: Float(model.ordinal)) }

  func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    let obstacle = obstacle(isTraining: true)
    return try recurrent.plans(
      on: backend, steps: model.tokens, batch: batch,
      vocabulary: obstacle == nil ? words.vocabulary : nil, unfolded: obstacle, hasLengths: true)
  }

  /// What is done between the embedding of words and the recurrent layers; nil: nothing.
  private func obstacle(isTraining: Bool) -> String? {
    if pairs != nil { return "pairs of characters are added to it" }
    return isTraining && model.embeddingDropout > 0
      ? "dropout of \(model.embeddingDropout) stands between" : nil
  }

  /// The recurrent layers' outputs.
  private func read(_ batch: ReviewBatch, on tape: Tape) throws -> Variable {
    guard obstacle(isTraining: tape.isTraining) != nil else {
      return try recurrent(batch.tokens, through: words, lengths: batch.lengths, on: tape).sequence
    }
    var embeddings = [(words, batch.tokens)]
    if let pairs, let neighbours = batch.pairs { embeddings.append((pairs, neighbours)) }
    let embedded = try tape.sumOfEmbeddings(
      embeddings, dropping: Float(model.embeddingDropout))
    return try recurrent(embedded, lengths: batch.lengths, on: tape).sequence
  }

  func callAsFunction(_ batch: ReviewBatch, of reviews: ReviewDataset, on tape: Tape) throws
    -> Variable
  {
    let all = 0..<recurrent.outputSize
    var parts = [
      try tape.pool(
        read(batch, on: tape), [PoolPart(.max, all), PoolPart(.mean, all)] + recurrent.finalParts,
        lengths: batch.lengths, dropping: Float(model.outputDropout))
    ]
    if let side {
      var known = try zip(categories, batch.categories).map { try $0($1, on: tape) }
      if let numbers = batch.side { known.append(tape.constant(numbers)) }
      parts.append(try side(tape.concatenate(known), on: tape))
    }
    let joined = try tape.concatenate(parts, dropping: Float(model.dropout))
    let logits = try head(joined, on: tape)
    guard let wide, let sequences = reviews.sequences else { return logits }
    return try wide(sequences, documents: batch.rows, addedTo: logits, on: tape)
  }
}
