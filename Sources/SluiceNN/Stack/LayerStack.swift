import SluiceCompute

/// The network of a ``StackConfiguration``.
///
/// Parameters are named by the layer's place, as in PyTorch's `Sequential`: `stack.0.weight` for an
/// embedding in front, `stack.2.weight_ih_l0` for an LSTM in the third place, `stack.4.bias`.
/// Initialised as Keras does. Dropout does nothing in inference.
public struct LayerStack {
  /// What turns the logits of the last layer into what is predicted. Losses take the logits.
  public enum Output: String, Hashable, Sendable {
    /// As it is; each output on its own; all outputs of a row together.
    case linear, sigmoid, softmax
  }

  private enum Part {
    case embedding(Embedding)
    case dropout(Float)
    case recurrent(Recurrent, sequences: Bool)
    case pool(Pooling)
    case dense(Linear)
  }

  /// The layers.
  public let configuration: StackConfiguration
  /// What the first layer reads.
  public let input: StackConfiguration.Input
  /// K: the units of the last layer.
  public let outputSize: Int
  /// What turns logits into what is predicted.
  public let output: Output
  /// Those that have parameters, in their order.
  public let layers: [any Layer]
  private let parts: [Part]

  /// Declares the parameters of all layers.
  ///
  /// - Throws: ``StackError`` where the layers do not make a network, or do not fit the input.
  public init(
    _ configuration: StackConfiguration, input: StackConfiguration.Input,
    named name: String = "stack",
    in layout: inout ParameterLayout
  ) throws {
    try configuration.check()
    guard let last = configuration.layers.last, case .dense(let units, let activation) = last
    else {
      throw StackError(layer: nil, kind: "", complaint: "has no layers")
    }
    self.configuration = configuration
    self.input = input
    outputSize = units
    output = Output(rawValue: activation.rawValue) ?? .linear

    var columns: Int
    switch input {
    case .tokens:
      guard case .embedding? = configuration.layers.first else {
        throw configuration.error(0, "is fed with tokens: begin with an embedding")
      }
      columns = 0
    case .features(let count):
      if case .embedding? = configuration.layers.first {
        throw configuration.error(0, "takes tokens, but is fed with \(count) features a step")
      }
      columns = count
    }
    var parts: [Part] = []
    var layers: [any Layer] = []
    for (index, layer) in configuration.layers.enumerated() {
      let own = "\(name).\(index)"
      switch layer {
      case .embedding(let size):
        guard case .tokens(let vocabulary, let padding) = input else { continue }
        let embedding = Embedding(
          own, vocabulary: vocabulary, size: size, paddingIndex: padding, in: &layout)
        parts.append(.embedding(embedding))
        layers.append(embedding)
        columns = size
      case .dropout(let rate):
        parts.append(.dropout(Float(rate)))
      case .recurrent(let settings):
        let recurrent = Recurrent(
          own, cell: settings.cell, inputSize: columns, hiddenSize: settings.units,
          bidirectional: settings.bidirectional,
          recurrentDropout: Float(settings.recurrentDropout), in: &layout)
        parts.append(.recurrent(recurrent, sequences: settings.sequences))
        layers.append(recurrent)
        columns = recurrent.outputSize
      case .pool(let pooling):
        parts.append(.pool(pooling))
      case .dense(let units, let activation):
        let isLast = index == configuration.layers.count - 1
        let dense = Linear(
          own, inputSize: columns, outputSize: units,
          activation: isLast ? .identity : activation.inner ?? .identity, in: &layout)
        parts.append(.dense(dense))
        layers.append(dense)
        columns = units
      }
    }
    self.parts = parts
    self.layers = layers
  }

  /// The logits of a batch of token sequences.
  ///
  /// - Parameters:
  ///   - tokens: `[T, N]` int32 of the vocabulary, time-major, contiguous.
  ///   - lengths: `[N]` int32 in `0 ... T`; all T where nil. What stands past a row's end does not
  ///     count.
  /// - Returns: `[N, K]`, before the activation of ``output``.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  public func callAsFunction(tokens: Tensor, lengths: Tensor? = nil, on tape: Tape) throws
    -> Variable
  {
    guard case .embedding(let embedding)? = parts.first, tokens.shape.rank == 2 else {
      throw ComputeError(
        .shapeMismatch, "the stack takes \(inputDescription), was given tokens \(tokens.shape)")
    }
    guard let reader = reader(isTraining: tape.isTraining), reader.obstacle == nil,
      case .recurrent(let layer, let sequences) = parts[reader.place]
    else {
      return try run(
        parts.dropFirst(), embedding(tokens, on: tape), lengths: lengths, on: tape)
    }
    let read = try layer(tokens, through: embedding, lengths: lengths, on: tape)
    return try run(
      parts[(reader.place + 1)...], result(of: read, sequences: sequences, on: tape),
      lengths: lengths, on: tape)
  }

  /// The recurrent layer that reads the embedding in front, and what is done between the two, if
  /// anything is; nil where there is no such layer.
  private func reader(isTraining: Bool) -> (place: Int, obstacle: String?)? {
    guard case .embedding? = parts.first else { return nil }
    var obstacle: String?
    for (place, part) in parts.enumerated().dropFirst() {
      switch part {
      case .dropout(let rate):
        if rate > 0, isTraining { obstacle = "dropout of \(rate) stands between" }
      case .dense: obstacle = "a dense layer stands between"
      case .recurrent: return (place, obstacle)
      case .embedding, .pool: return nil
      }
    }
    return nil
  }

  private func result(of output: Recurrent.Output, sequences: Bool, on tape: Tape) throws
    -> Variable
  {
    sequences ? output.sequence : try tape.concatenate(output.states.map(\.hidden))
  }

  /// The logits of a batch of sequences of features.
  ///
  /// - Parameters:
  ///   - features: `[T, N, C]`, time-major; rows may be strided.
  ///   - lengths: As for tokens.
  /// - Returns: `[N, K]`, before the activation of ``output``.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.outOfMemory` or `.deviceFailure`.
  public func callAsFunction(_ features: Variable, lengths: Tensor? = nil, on tape: Tape) throws
    -> Variable
  {
    guard case .features(let columns) = input, features.shape.rank == 3,
      features.value.columns == columns
    else {
      throw ComputeError(
        .shapeMismatch, "the stack takes \(inputDescription), was given \(features.shape)")
    }
    return try run(parts[...], features, lengths: lengths, on: tape)
  }

  private func run(
    _ parts: ArraySlice<Part>, _ input: Variable, lengths: Tensor?, on tape: Tape
  ) throws -> Variable {
    var x = input
    for part in parts {
      switch part {
      case .embedding: break
      case .dropout(let rate): x = try tape.dropout(x, rate: rate)
      case .recurrent(let layer, let sequences):
        x = try result(of: layer(x, lengths: lengths, on: tape), sequences: sequences, on: tape)
      case .pool(let pooling): x = try tape.pool(x, pooling, lengths: lengths)
      case .dense(let dense): x = try dense(x, on: tape)
      }
    }
    return x
  }

  private var inputDescription: String {
    switch input {
    case .tokens(let vocabulary, _): "tokens [T, N] of \(vocabulary)"
    case .features(let count): "features [T, N, \(count)]"
    }
  }

  /// How `backend` would run the recurrent layers, and whether the embedding in front folds, see
  /// ``Recurrent/plans(on:steps:batch:vocabulary:unfolded:hasLengths:isTraining:)``.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported`.
  public func plans(
    on backend: any Backend, steps: Int, batch: Int, hasLengths: Bool = false,
    isTraining: Bool = true
  ) throws -> [Recurrent.LayerPlan] {
    let reader = reader(isTraining: isTraining)
    var vocabulary: Int?
    if case .tokens(let count, _) = input { vocabulary = count }
    var plans: [Recurrent.LayerPlan] = []
    for (place, part) in parts.enumerated() {
      guard case .recurrent(let layer, _) = part else { continue }
      let obstacle = place == reader?.place ? reader?.obstacle : nil
      plans += try layer.plans(
        on: backend, steps: steps, batch: batch,
        vocabulary: place == reader?.place && obstacle == nil ? vocabulary : nil,
        unfolded: obstacle, hasLengths: hasLengths, isTraining: isTraining)
    }
    return plans
  }
}
