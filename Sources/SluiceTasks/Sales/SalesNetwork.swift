import SluiceCompute
import SluiceNN

/// Encoder and decoder over the residual of sales.
///
/// The encoder, a stack of recurrent layers, reads `history` steps of the past: the residual, the calendar, covariates. Its
/// final state starts the decoder, another one, which reads the `horizon` steps ahead: the calendar, the
/// position, the change of year, covariates. Both are told at every step which series it is: its embeddings and mean,
/// mixed into a few units. A head maps the decoder's outputs and inputs to the quantiles. One pass
/// gives the whole horizon.
package struct SalesNetwork: ForecastingNetwork {
  let history: Int
  let horizon: Int
  let model: SalesModelSettings
  package let layout: ParameterLayout
  package let layers: [any Layer]

  let embeddings: [Embedding]
  let mixer: Linear?
  let encoder: Recurrent
  let decoder: Recurrent
  let head: Linear
  let output: Linear
  /// Columns that the encoder reads besides the statics, and those that the decoder reads.
  let pastSize: Int
  let futureSize: Int

  /// - Parameters:
  ///   - vocabularies: For every series column its name and the number of its values, unknown
  ///     included.
  ///   - calendarSize: F.
  ///   - covariateCount: X.
  init(
    _ model: SalesModelSettings, history: Int, horizon: Int,
    vocabularies: [(name: String, count: Int)], calendarSize: Int, covariateCount: Int
  ) {
    self.model = model
    self.history = history
    self.horizon = horizon
    var layout = ParameterLayout()
    var layers: [any Layer] = []
    let hasStatics = model.statics
    embeddings =
      hasStatics
      ? vocabularies.map { vocabulary in
        Embedding(
          "embedding.\(vocabulary.name)", vocabulary: vocabulary.count,
          size: Self.embeddingSize(vocabulary: vocabulary.count),
          initializer: .normal(standardDeviation: 1), in: &layout)
      } : []
    let staticInputs = embeddings.reduce(1) { $0 + $1.size }
    mixer =
      hasStatics
      ? Linear(
        "statics", inputSize: staticInputs, outputSize: model.staticSize, activation: .tanh,
        in: &layout) : nil
    let staticSize = hasStatics ? model.staticSize : 0
    pastSize = 1 + calendarSize + covariateCount
    futureSize = 2 + calendarSize + covariateCount
    encoder = Recurrent(
      "encoder", cell: model.cell, inputSize: pastSize + staticSize, hiddenSize: model.hidden,
      layers: model.layers,
      dropout: Float(model.dropout), in: &layout)
    decoder = Recurrent(
      "decoder", cell: model.cell, inputSize: futureSize + staticSize, hiddenSize: model.hidden,
      layers: model.layers,
      dropout: Float(model.dropout), in: &layout)
    head = Linear(
      "head", inputSize: model.hidden + futureSize + staticSize, outputSize: model.head,
      activation: .relu,
      in: &layout)
    output = Linear(
      "output", inputSize: model.head, outputSize: model.quantiles.count,
      weightScale: 0.1, in: &layout)
    layers.append(contentsOf: embeddings as [any Layer])
    if let mixer { layers.append(mixer) }
    layers.append(contentsOf: [encoder, decoder, head, output] as [any Layer])
    self.layout = layout
    self.layers = layers
  }

  /// How the device runs encoder and decoder, layer by layer.
  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try encoder.plans(on: backend, steps: history, batch: batch)
      + decoder.plans(on: backend, steps: horizon, batch: batch)
  }

  func enqueueLoss(_ windows: SalesBatch, of data: SalesDataset, to loss: BatchLoss) throws {
    let tape = loss.tape
    try loss(
      .quantile(model.quantiles.map(Float.init)), self(windows, of: data, on: tape),
      target: windows.target(of: data, on: tape.backend))
  }

  func callAsFunction(
    _ windows: SalesBatch, of data: SalesDataset, on tape: Tape, hidesHistory: Bool = false
  ) throws -> Variable {
    let statics = try mixer.map { mixer in
      let keys = try zip(embeddings, windows.keys).map { try $0($1, on: tape) }
      let means = tape.constant(try windows.means(of: data, on: tape.backend))
      return try mixer(tape.concatenate(keys + [means]), on: tape)
    }
    func joined(_ dynamic: Tensor) throws -> Variable {
      try tape.concatenate([tape.constant(dynamic)] + (statics.map { [$0] } ?? []))
    }
    let past =
      hidesHistory
      ? try zeros([history, windows.count, encoder.inputSize], on: tape)
      : try joined(
        windows.past(
          of: data, steps: history, columns: pastSize, scale: Float(model.inputScale),
          on: tape.backend)
      )
    let future = try joined(windows.future(of: data, columns: futureSize, on: tape.backend))
    let encoded = try encoder(past, on: tape)
    let decoded = try decoder(future, initial: encoded.states, on: tape)
    let inputs = try tape.concatenate(
      [decoded.sequence, future], dropping: Float(model.dropout), of: 0)
    return try output(head(inputs, on: tape), on: tape)
  }

  private func zeros(_ shape: Shape, on tape: Tape) throws -> Variable {
    let tensor = try tape.backend.makeTensor(shape)
    try tape.backend.enqueue(Fill(tensor, with: 0))
    return tape.constant(tensor)
  }

  /// About the square root of the number of values: 4 for 10 stores, 8 for 50 items.
  private static func embeddingSize(vocabulary: Int) -> Int {
    max(1, min(32, Int(Float(vocabulary).squareRoot().rounded(.up))))
  }
}
