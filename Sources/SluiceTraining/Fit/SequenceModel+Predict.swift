import SluiceCompute
import SluiceNN

extension SequenceModel {
  /// What the network says about each sequence, in the order of the data.
  ///
  /// - Parameters:
  ///   - data: Its targets, if any, are not looked at.
  ///   - batchSize: Sequences at a time.
  /// - Throws: ``ComputeError`` where the data do not fit the network, or the device fails.
  /// - Note: Waits for the device.
  public func predict(_ data: SequenceData, batchSize: Int = 256) throws -> Predictions {
    try checkFits(data)
    let scorer = SequenceScorer(
      model: self, sequences: try DeviceSequences(data, padding: padding, on: backend),
      targets: nil,
      batchSize: max(1, batchSize))
    let scores = try scorer.scores(of: (0..<Int32(data.count)).map { $0 }, with: parameters)
    return Predictions(logits: scores.logits, width: scores.width, output: output)
  }

  /// How good the network is on data that it was not fitted to.
  ///
  /// - Parameter batchSize: Sequences at a time.
  /// - Throws: ``ComputeError`` where the data have no targets or do not fit the network, or the device
  ///   fails.
  /// - Note: Waits for the device.
  public func evaluate(_ data: SequenceData, batchSize: Int = 256) throws -> Evaluation {
    let scorer = try scorer(for: data, batchSize: batchSize)
    return Evaluation(
      metrics: try scorer.metrics(of: (0..<Int32(data.count)).map { $0 }, with: parameters))
  }

  /// How the device runs the recurrent layers on batches of these extents, and why so: one entry for
  /// each layer-direction; empty where the network is a function, see
  /// ``Recurrent/plans(on:steps:batch:vocabulary:unfolded:hasLengths:isTraining:)``.
  ///
  /// - Parameters:
  ///   - steps: T
  ///   - batch: N
  ///   - hasLengths: Whether rows are of different length.
  ///   - isTraining: Whether it is a step of a fit, or an answer.
  /// - Throws: ``ComputeError`` with `.unsupported`.
  public func plans(
    steps: Int, batch: Int, hasLengths: Bool = false, isTraining: Bool = true
  ) throws -> [Recurrent.LayerPlan] {
    guard let stack else { return [] }
    return try stack.plans(
      on: backend, steps: steps, batch: batch, hasLengths: hasLengths, isTraining: isTraining)
  }

  /// Uploads data that have targets.
  ///
  /// - Throws: ``ComputeError`` where they have none, or do not fit the network.
  func scorer(for data: SequenceData, batchSize: Int) throws -> SequenceScorer {
    try checkFits(data)
    guard let targets = data.targets else {
      throw ComputeError(
        .invalidArgument, "the data have no targets",
        remedy: "Give `targets:` to `SequenceData`")
    }
    let sequences = try DeviceSequences(data, padding: padding, on: backend)
    // One row tells how many outputs there are, and that the network runs at all.
    let tape = Tape(parameters, mode: .inference)
    let outputs = try logits(sequences.batch([0], on: tape), on: tape).shape[1]
    return SequenceScorer(
      model: self, sequences: sequences,
      targets: try DeviceTargets(
        targets, output: output, loss: loss, outputs: outputs, on: backend),
      batchSize: max(1, batchSize))
  }

  /// The token past the end of a row.
  var padding: Int {
    if case .tokens(_, let padding?)? = input { padding } else { 0 }
  }

  /// - Throws: ``ComputeError`` where a stack of layers reads something else than the data hold. What a
  ///   function reads, it checks itself.
  private func checkFits(_ data: SequenceData) throws(ComputeError) {
    switch (input, data.content) {
    case (.features(let wanted), .features(_, let width)) where wanted != width:
      throw ComputeError(
        .shapeMismatch, "the network reads \(wanted) features a step, the data have \(width)",
        remedy: "Make the model with `input: .features(\(width))`")
    case (.features(let wanted), .tokens):
      throw ComputeError(
        .invalidArgument, "the network reads \(wanted) features a step, the data are tokens",
        remedy: "Make the model with `input: .tokens(vocabulary:)` and an embedding in front")
    case (.tokens, .features(_, let width)):
      throw ComputeError(
        .invalidArgument, "the network reads tokens, the data have \(width) features a step",
        remedy: "Make the model with `input: .features(\(width))`")
    case (.tokens(let vocabulary, _), .tokens(let tokens)):
      guard let place = tokens.firstIndex(where: { $0 >= vocabulary }) else { return }
      let row = data.offsets.lastIndex { $0 <= place } ?? 0
      throw ComputeError(
        .indexOutOfRange,
        "the token at step \(place - data.offsets[row]) of row \(row) is \(tokens[place])",
        remedy: "The network knows \(vocabulary) tokens, numbered from 0")
    default: return
    }
  }
}
