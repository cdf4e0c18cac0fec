import SluiceCompute

extension Recurrent {
  /// Runs the stack over a batch of sequences.
  ///
  /// Gradients flow into the input, the weights and the initial states from whatever the caller
  /// uses: the outputs, the final states, or both. What is not used costs nothing.
  ///
  /// - Parameters:
  ///   - input: `[T, N, C]`, time-major; rows may be strided.
  ///   - lengths: `[N]` int32 in `0 ... T`, rows in any order; all T where nil. Past a row's end its
  ///     state is held and its outputs are zero; a reverse direction begins at the row's own last
  ///     step, as PyTorch's packed sequences do.
  ///   - initial: One state for each layer-direction, ordered as ``Output/states``; zero where nil.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument`, `.outOfMemory` or
  ///   `.deviceFailure`.
  /// - Complexity: O(T·N·H·(C + H)) multiply-adds a layer-direction, twice that for backward. In
  ///   training T·N·H values of every block and of the cell state are kept beside the outputs (an LSTM
  ///   5, a GRU 4, an RNN 1), in inference none.
  public func callAsFunction(
    _ input: Variable, lengths: Tensor? = nil, initial: [State]? = nil, on tape: Tape
  ) throws -> Output {
    guard input.shape.rank == 3, input.value.columns == inputSize else {
      throw ComputeError(
        .shapeMismatch, "\(name) takes [T, N, \(inputSize)], was given \(input.shape)")
    }
    return try run(.dense(input), lengths: lengths, initial: initial, on: tape)
  }

  /// Runs the stack over sequences of tokens that it reads through an embedding directly below it.
  ///
  /// It gives what `self(embedding(tokens, on: tape), …)` gives, to the bit where the embedding does
  /// not fold. Where tokens repeat often enough in this batch it folds into the input weights: each
  /// token is multiplied with W_ih once, however often it stands there, and no input `[T, N, C]` is
  /// made. ``plans(on:steps:batch:vocabulary:unfolded:hasLengths:isTraining:)`` says when. What is to
  /// happen to the embedding's output, dropout in training say, rules this out: then call the two in
  /// turn.
  ///
  /// - Parameters:
  ///   - tokens: `[T, N]` int32 in `0 ..< V`, past a row's length too; contiguous.
  ///   - embedding: V rows of C columns.
  ///   - lengths, initial: as without tokens.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument`, `.indexOutOfRange`,
  ///   `.outOfMemory` or `.deviceFailure`.
  /// - Complexity: O((T·N·H + min(U, T·N)·C)·H) multiply-adds a direction of the first layer where
  ///   it folds, U different tokens.
  public func callAsFunction(
    _ tokens: Tensor, through embedding: Embedding, lengths: Tensor? = nil,
    initial: [State]? = nil, on tape: Tape
  ) throws -> Output {
    guard tokens.shape.rank == 2, embedding.size == inputSize else {
      throw ComputeError(
        .shapeMismatch,
        "\(name) takes tokens [T, N] by way of \(inputSize) columns, was given \(tokens.shape) "
          + "and \(embedding.name) of \(embedding.size)")
    }
    let descriptor = descriptor(
      directions[0][0], steps: tokens.shape[0], batch: tokens.shape[1],
      vocabulary: embedding.vocabulary,
      hasLengths: lengths != nil, isTraining: tape.isTraining)
    let folds = try tape.backend.shouldFold(
      RecurrentTokens(tokens, ignoring: embedding.paddingIndex.map(Int32.init)),
      table: tape.parameters.weight(embedding.weight), descriptor, lengths: lengths)
    return try run(
      folds ? .tokens(tokens, embedding) : .dense(embedding(tokens, on: tape)), lengths: lengths,
      initial: initial, on: tape)
  }

  private func run(_ input: SequenceInput, lengths: Tensor?, initial: [State]?, on tape: Tape)
    throws -> Output
  {
    if let initial, initial.count != layerCount * directionCount {
      throw ComputeError(
        .invalidArgument,
        "\(name) takes an initial state for each layer and direction, "
          + "\(layerCount * directionCount) in all, was given \(initial.count)")
    }
    var input = input
    var sequence: Variable?
    var states: [State] = []
    for layer in 0..<layerCount {
      if let sequence { input = .dense(try tape.dropout(sequence, rate: dropout)) }
      let first = layer * directionCount
      let output = try run(
        layer, input, lengths: lengths,
        initial: initial.map { Array($0[first..<(first + directionCount)]) }, on: tape)
      sequence = output.sequence
      states += output.states
    }
    guard let sequence else { throw ComputeError(.invalidArgument, "\(name) has no layers") }
    return Output(sequence: sequence, states: states)
  }

  /// One layer, both directions of it: each writes its half of the output's columns.
  private func run(
    _ layer: Int, _ input: SequenceInput, lengths: Tensor?, initial: [State]?, on tape: Tape
  ) throws -> Output {
    let (steps, batch) = input.extents
    let output = try tape.result([steps, batch, outputSize], of: [], hasParameters: true)
    var passes: [Pass] = []
    for (index, direction) in directions[layer].enumerated() {
      let descriptor = descriptor(
        direction, steps: steps, batch: batch, vocabulary: input.vocabulary,
        hasLengths: lengths != nil, isTraining: tape.isTraining)
      let pass = try Pass(
        descriptor: descriptor,
        weights: direction.tensors(tape.parameters.weight),
        weightGradients: direction.tensors(tape.parameters.gradient),
        input: input, lengths: lengths, initial: initial?[index],
        dropout: descriptor.hasRecurrentDropout
          ? tape.randomStream().map { RecurrentDropout(rate: recurrentDropout, stream: $0) } : nil,
        output: output, columns: (index * hiddenSize)..<((index + 1) * hiddenSize), on: tape)
      passes.append(pass)
    }
    let forward = try passes.map { try $0.forward(on: tape) }
    if forward.count == 2 {
      try tape.backend.enqueue(BidirectionalForward(forward[0], forward[1]))
    } else {
      for operation in forward { try tape.backend.enqueue(operation) }
    }
    tape.record { [passes] tape in
      let backward = try passes.map { try $0.backward(on: tape) }
      if backward.count == 2, let first = backward[0], let second = backward[1] {
        try tape.backend.enqueue(BidirectionalBackward(first, second))
      } else {
        for case let operation? in backward { try tape.backend.enqueue(operation) }
      }
      for (pass, operation) in zip(passes, backward) {
        try pass.finish(operation?.initialGradient, on: tape)
      }
      output.gradient = nil
    }
    return Output(sequence: output, states: passes.map(\.final))
  }
}

/// What a layer reads.
private enum SequenceInput {
  /// `[T, N, C]`
  case dense(Variable)
  /// `[T, N]`, by way of the embedding's table.
  case tokens(Tensor, Embedding)

  /// T and N.
  var extents: (steps: Int, batch: Int) {
    switch self {
    case .dense(let input): (input.shape[0], input.shape[1])
    case .tokens(let tokens, _): (tokens.shape[0], tokens.shape[1])
    }
  }

  var vocabulary: Int? {
    if case .tokens(_, let embedding) = self { embedding.vocabulary } else { nil }
  }

  /// As the recurrent operations take it.
  func operand(on tape: Tape) -> (input: Tensor, tokens: RecurrentTokens?) {
    switch self {
    case .dense(let input): (input.value, nil)
    case .tokens(let indices, let embedding):
      (
        tape.parameters.weight(embedding.weight),
        RecurrentTokens(indices, ignoring: embedding.paddingIndex.map(Int32.init))
      )
    }
  }

  func gradientTarget(on tape: Tape) throws -> (tensor: Tensor, accumulate: Bool)? {
    switch self {
    case .dense(let input): try tape.gradientTarget(input)
    case .tokens(_, let embedding): (tape.parameters.gradient(embedding.weight), true)
    }
  }
}

/// One layer-direction on its way over one batch: forward, and later backward.
private struct Pass {
  let descriptor: RecurrentDescriptor
  let weights: RecurrentWeights
  let weightGradients: RecurrentWeights
  let input: SequenceInput
  let lengths: Tensor?
  let initial: Recurrent.State?
  let dropout: RecurrentDropout?
  /// Of the whole layer; this direction's is the block `columns` of it.
  let output: Variable
  let columns: Range<Int>
  let final: Recurrent.State
  let gates: Tensor?
  let cells: Tensor?

  init(
    descriptor: RecurrentDescriptor, weights: RecurrentWeights, weightGradients: RecurrentWeights,
    input: SequenceInput, lengths: Tensor?, initial: Recurrent.State?, dropout: RecurrentDropout?,
    output: Variable, columns: Range<Int>, on tape: Tape
  ) throws {
    self.descriptor = descriptor
    self.weights = weights
    self.weightGradients = weightGradients
    self.input = input
    self.lengths = lengths
    self.initial = initial
    self.dropout = dropout
    self.output = output
    self.columns = columns
    let d = descriptor
    final = Recurrent.State(
      hidden: try tape.result([d.batch, d.hiddenSize], of: [], hasParameters: true),
      cell: d.cell.hasCellState
        ? try tape.result([d.batch, d.hiddenSize], of: [], hasParameters: true) : nil)
    let backend = tape.backend
    gates =
      d.isTraining
      ? try backend.makeTensor([d.steps, d.batch, d.cell.blockCount * d.hiddenSize]) : nil
    cells =
      d.isTraining && d.cell.hasCellState
      ? try backend.makeTensor([d.steps, d.batch, d.hiddenSize]) : nil
  }

  func forward(on tape: Tape) throws -> RecurrentForward {
    let operand = input.operand(on: tape)
    return RecurrentForward(
      descriptor, input: operand.input, tokens: operand.tokens, weights: weights, lengths: lengths,
      initial: try initialState(on: tape), dropout: dropout,
      output: output.value.columns(columns),
      final: RecurrentState(hidden: final.hidden.value, cell: final.cell?.value),
      gates: gates, cells: cells)
  }

  /// Nil where no gradient has arrived.
  func backward(on tape: Tape) throws -> RecurrentBackward? {
    let outputGradient = output.gradient?.columns(columns)
    let finalGradient = try finalGradient(on: tape)
    guard outputGradient != nil || finalGradient != nil, let gates else { return nil }
    let backend = tape.backend
    let operand = input.operand(on: tape)
    let inputTarget = try input.gradientTarget(on: tape)

    // Backward overwrites the initial state's gradient, so one that already holds a contribution
    // (a state that starts two layers) is added to by way of a temporary.
    var initialGradient: RecurrentState?
    if let initial, initial.hidden.needsGradient || initial.cell?.needsGradient == true {
      initialGradient = RecurrentState(
        hidden: try backend.makeTensor(initial.hidden.shape),
        cell: try initial.cell.map { try backend.makeTensor($0.shape) })
    }
    return RecurrentBackward(
      descriptor, input: operand.input, tokens: operand.tokens, weights: weights,
      lengths: lengths, initial: try initialState(on: tape), dropout: dropout,
      output: output.value.columns(columns), gates: gates, cells: cells,
      outputGradient: outputGradient, finalGradient: finalGradient,
      inputGradient: inputTarget?.tensor,
      accumulateInputGradient: inputTarget?.accumulate ?? false,
      initialGradient: initialGradient, weightGradients: weightGradients,
      keepsGateGradients: false)
  }

  /// Hands on what backward gave.
  func finish(_ initialGradient: RecurrentState?, on tape: Tape) throws {
    if let initial, let initialGradient {
      try tape.contribute(initialGradient.hidden, to: initial.hidden)
      if let gradient = initialGradient.cell, let cell = initial.cell {
        try tape.contribute(gradient, to: cell)
      }
    }
    final.hidden.gradient = nil
    final.cell?.gradient = nil
  }

  private func initialState(on tape: Tape) throws -> RecurrentState? {
    guard let initial else { return nil }
    return RecurrentState(
      hidden: try tape.contiguous(initial.hidden.value),
      cell: try initial.cell.map { try tape.contiguous($0.value) })
  }

  /// What has arrived at the final state, nil if nothing has.
  private func finalGradient(on tape: Tape) throws -> RecurrentState? {
    if final.hidden.gradient == nil && final.cell?.gradient == nil { return nil }
    func tensor(_ variable: Variable) throws -> Tensor {
      if let gradient = variable.gradient { return try tape.contiguous(gradient) }
      let zero = try tape.backend.makeTensor(variable.shape)
      try tape.backend.enqueue(Fill(zero, with: 0))
      return zero
    }
    return RecurrentState(hidden: try tensor(final.hidden), cell: try final.cell.map(tensor))
  }
}
