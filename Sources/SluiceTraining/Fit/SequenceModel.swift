import SluiceCompute
import SluiceNN

/// A network that reads sequences, with its weights on a device: what is fitted, evaluated, asked and
/// saved.
///
/// ```swift
/// let model = try SequenceModel([.lstm(64), .dense(3, .softmax)], input: .features(2))
/// try model.fit(train, epochs: 20, validation: .share(0.1))
/// print(try model.evaluate(test))
/// let classes = try model.predict(new).classes
/// try model.save(to: "waves.safetensors")
/// ```
///
/// The network is a plain stack of layers, or a function on the tape, see
/// ``init(output:loss:seed:on:network:)``. The same seed, data, device and build give the same weights
/// to the bit. A model is used from one thread at a time.
public final class SequenceModel {
  /// The logits `[N, K]` of a batch: before the activation of ``output``.
  public typealias Network = (_ batch: SequenceBatch, _ tape: Tape) throws -> Variable

  /// The weights, and the device that holds them.
  public let parameters: ParameterArena
  /// What turns the network's logits into what is predicted; losses take the logits.
  public let output: LayerStack.Output
  /// The loss that was named; nil where it is chosen to fit ``output``: cross-entropy for softmax, binary
  /// cross-entropy for sigmoid, mean squared error for what is linear.
  public let loss: LossFunction?
  /// The layers; nil where the network is a function.
  public let layers: [StackLayer]?
  /// What the layers read; nil where the network is a function.
  public let input: StackConfiguration.Input?
  private let network: Network
  /// Nil where the network is a function.
  let stack: LayerStack?

  /// A plain stack of layers.
  ///
  /// - Parameters:
  ///   - layers: The last one is dense; its activation says what is predicted.
  ///   - input: `.features(C)`, or `.tokens(vocabulary: V)`.
  ///   - loss: Nil: chosen to fit, see ``loss``.
  ///   - seed: Of the weights.
  ///   - backend: The device.
  /// - Throws: `StackError` where the layers do not make a network; ``ComputeError`` with
  ///   `.outOfMemory`, or `.invalidArgument` for a loss that does not fit.
  public init(
    _ layers: [StackLayer], input: StackConfiguration.Input, loss: LossFunction? = nil,
    seed: UInt64 = 1, on backend: any Backend
  ) throws {
    if case .tokens(let vocabulary, let padding) = input {
      guard vocabulary > 0, padding.map({ (0..<vocabulary).contains($0) }) ?? true else {
        throw ComputeError(
          .invalidArgument,
          "a vocabulary of \(vocabulary) tokens"
            + (padding.map { " with the padding \($0)" } ?? ""),
          remedy: "Give at least one token; padding is one of them")
      }
    }
    var layout = ParameterLayout()
    let stack = try LayerStack(StackConfiguration(layers), input: input, in: &layout)
    self.layers = layers
    self.input = input
    self.loss = loss
    output = stack.output
    self.stack = stack
    network = { batch, tape in
      switch input {
      case .tokens: try stack(tokens: batch.tokens, lengths: batch.lengths, on: tape)
      case .features: try stack(batch.features, lengths: batch.lengths, on: tape)
      }
    }
    parameters = try ParameterArena(layout, on: backend, seed: seed)
    try checkLoss()
  }

  /// A network of one's own: a function on the tape.
  ///
  /// ```swift
  /// let model = try SequenceModel(output: .softmax, on: backend) { layout in
  ///   let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 64, in: &layout)
  ///   let head = Linear("head", inputSize: 64, outputSize: 3, in: &layout)
  ///   return { batch, tape in
  ///     let steps = try lstm(batch.features, lengths: batch.lengths, on: tape).sequence
  ///     return try head(tape.pool(steps, .mean, lengths: batch.lengths), on: tape)
  ///   }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - output: What the network's logits are: the network itself applies no such activation.
  ///   - loss: Nil: chosen to fit, see ``loss``.
  ///   - seed: Of the weights.
  ///   - backend: The device.
  ///   - network: Declares the layers' parameters and gives the function that runs them.
  /// - Throws: ``ComputeError`` with `.outOfMemory`, or `.invalidArgument` for a loss that does not fit;
  ///   what `network` throws.
  public init(
    output: LayerStack.Output, loss: LossFunction? = nil, seed: UInt64 = 1, on backend: any Backend,
    network: (_ layout: inout ParameterLayout) throws -> Network
  ) throws {
    var layout = ParameterLayout()
    self.network = try network(&layout)
    self.output = output
    self.loss = loss
    layers = nil
    input = nil
    stack = nil
    parameters = try ParameterArena(layout, on: backend, seed: seed)
    try checkLoss()
  }

  /// The device.
  public var backend: any Backend { parameters.backend }

  /// Runs the network.
  ///
  /// - Returns: `[N, K]`.
  /// - Throws: ``ComputeError`` with `.shapeMismatch` where the network gives something else; what the
  ///   network throws.
  func logits(_ batch: SequenceBatch, on tape: Tape) throws -> Variable {
    let logits = try network(batch, tape)
    guard logits.shape.rank == 2, logits.shape[0] == batch.count, logits.shape[1] > 0 else {
      throw ComputeError(
        .shapeMismatch, "the network gives \(logits.shape) for \(batch.count) sequences",
        remedy: "Let it give [N, K]: one vector for each sequence")
    }
    return logits
  }

  private func checkLoss() throws(ComputeError) {
    guard let loss else { return }
    let fitting: LayerStack.Output =
      switch loss {
      case .softmaxCrossEntropy, .rankedProbability: .softmax
      case .binaryCrossEntropy: .sigmoid
      default: .linear
      }
    guard fitting == output else {
      throw ComputeError(
        .invalidArgument, "the loss \(loss) does not fit a network that ends in \(output.rawValue)",
        remedy: "Let it end in \(fitting.rawValue), or name no loss")
    }
  }
}

extension SequenceModel: CustomStringConvertible {
  /// A table of the layers and their weights; for a function, of the parameters.
  public var description: String {
    if let stack { return ModelSummary(stack.layers).description }
    let weights = parameters.layout.parameters.map { "\($0.name) \($0.shape)" }
    return weights.joined(separator: "\n") + "\n\(parameters.layout.weightCount) weights"
  }
}
