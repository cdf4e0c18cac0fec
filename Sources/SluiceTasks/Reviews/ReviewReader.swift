import SluiceCompute
import SluiceExport
import SluiceNN
import SluiceSettings

/// A network that reads the texts of reviews: the task's own, or a stack that settings
/// describe.
protocol ReviewReader: TaskNetwork {
  /// How its outputs say a rating.
  var output: RatingOutput { get }

  /// Scores a batch of reviews.
  ///
  /// - Parameters:
  ///   - batch: Gathered from `reviews`.
  ///   - reviews: The data set.
  /// - Returns: `[N, O]`, as ``output`` says.
  func callAsFunction(_ batch: ReviewBatch, of reviews: ReviewDataset, on tape: Tape) throws
    -> Variable

  /// The same for other programs.
  ///
  /// - Throws: `ComputeError` with `.deviceFailure`.
  func scores(_ inputs: ReviewInputs, in graph: ExportGraph) throws -> ExportGraph.Value
}

/// A plain stack of layers over the tokens of a review.
///
/// A stack that does not begin with an embedding is fed with vectors that are drawn once for each
/// token and not trained.
struct StackedReader: ReviewReader {
  let layout: ParameterLayout
  let layers: [any Layer]
  let output: RatingOutput
  let stack: LayerStack
  private let steps: Int
  /// `[V, E]`: the vectors of tokens that are not trained; nil where there is an embedding.
  let vectors: Tensor?
  /// Which holds them.
  let stackBackend: any Backend

  /// - Parameters:
  ///   - encoder: Fitted on the training rows.
  ///   - classes: K.
  /// - Throws: `SettingError` where the stack's last layer does not fit the ratings;
  ///   `StackError`; `ComputeError` with `.outOfMemory`.
  init(
    _ model: ReviewModelSettings, encoder: ReviewEncoder, classes: Int,
    on backend: any Backend
  ) throws {
    var layout = ParameterLayout()
    steps = model.tokens
    stackBackend = backend
    let vocabulary = encoder.vocabulary.count
    if case .embedding? = model.stack.layers.first {
      stack = try LayerStack(
        model.stack, input: .tokens(vocabulary: vocabulary), in: &layout)
      vectors = nil
    } else {
      stack = try LayerStack(model.stack, input: .features(model.embedding), in: &layout)
      // "VECT" in ASCII tells this stream from those of other draws.
      var generator = PhiloxGenerator(RandomStream(seed: 0x5645_4354, stream: 0))
      let values = (0..<(vocabulary * model.embedding)).map { _ in Float(generator.normal()) }
      vectors = try backend.makeTensor([vocabulary, model.embedding], values)
    }
    self.layout = layout
    layers = stack.layers
    output = try Self.output(stack, ordinal: model.ordinal, encoder: encoder, classes: classes)
  }

  private static func output(
    _ stack: LayerStack, ordinal: Double, encoder: ReviewEncoder, classes: Int
  ) throws -> RatingOutput {
    let units = stack.outputSize
    switch stack.output {
    case .softmax where units == classes:
      return .classes(ordinal: Float(ordinal))
    case .sigmoid where units == 1 && classes == 2:
      return .logit
    case .linear where units == 1:
      return .value(centre: encoder.ratingCentre, deviation: encoder.ratingDeviation)
    default:
      throw SettingError(
        "model.stack",
        "ends in \(units) \(stack.output.rawValue) \(units == 1 ? "unit" : "units"), the data has "
          + "\(classes) ratings",
        remedy: "Let it end in `dense: {units: \(classes), activation: softmax}`"
          + (classes == 2 ? ", `dense: {units: 1, activation: sigmoid}`" : "")
          + " or `dense: {units: 1, activation: linear}`.")
    }
  }

  func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try stack.plans(on: backend, steps: steps, batch: batch, hasLengths: true)
  }

  func callAsFunction(_ batch: ReviewBatch, of reviews: ReviewDataset, on tape: Tape) throws
    -> Variable
  {
    guard let vectors else {
      return try stack(tokens: batch.tokens, lengths: batch.lengths, on: tape)
    }
    let read = try tape.backend.makeTensor(
      Shape(batch.tokens.shape.dimensions + [vectors.columns]))
    try tape.backend.enqueue(
      EmbeddingForward(table: vectors, indices: batch.tokens, into: read))
    return try stack(tape.constant(read), lengths: batch.lengths, on: tape)
  }
}
