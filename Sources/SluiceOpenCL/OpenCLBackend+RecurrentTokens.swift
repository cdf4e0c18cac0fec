import SluiceCompute

/// A recurrent layer's input, dense or read through an embedding's table.
extension OpenCLBackend {
  /// Whether the table is multiplied with W_ih instead of every step's input. The host does not look
  /// at the tokens: all places and the whole vocabulary count.
  func folds(_ d: RecurrentDescriptor) -> Bool {
    d.folds(places: d.steps * d.batch, distinctTokens: d.vocabulary ?? 0)
  }

  /// What the input and the biases add to the gates of all steps, `[T, N, 4H]`.
  func project(
    _ operation: RecurrentForward, into gates: Tensor, _ packing: RecurrentPacking?
  ) throws(ComputeError) {
    let d = operation.descriptor
    guard let tokens = operation.tokens else {
      return try project(operation, operation.input, into: gates, packing)
    }
    guard folds(d) else {
      return try project(
        operation, try gather(tokens, d, table: operation.input), into: gates, packing)
    }
    let projection = try makeTensor([operation.input.rows, gates.columns])
    try project(operation, operation.input, into: projection, packing)
    if let ignored = tokens.ignoring {
      let row = projection.step(Int(ignored))
      try execute(Copy(operation.weights.inputBias, to: row))
      try execute(Copy(operation.weights.hiddenBias, to: row, accumulate: true))
    }
    try execute(EmbeddingForward(table: projection, indices: tokens.indices, into: gates))
  }

  private func project(
    _ operation: RecurrentForward, _ input: Tensor, into output: Tensor,
    _ packing: RecurrentPacking?
  ) throws(ComputeError) {
    try product(
      MatrixProduct(
        input, operation.weights.input, bias: operation.weights.inputBias, into: output,
        transposeRight: true),
      secondBias: operation.weights.hiddenBias, packing: packing)
  }

  /// The input that the tokens stand for, `[T, N, C]`.
  func gather(_ tokens: RecurrentTokens, _ d: RecurrentDescriptor, table: Tensor)
    throws(ComputeError) -> Tensor
  {
    let input = try makeTensor([d.steps, d.batch, d.inputSize])
    try execute(
      EmbeddingForward(
        table: table, indices: tokens.indices, ignoring: tokens.ignoring, into: input))
    return input
  }

  /// Adds up the gates' gradients of each token; from these, the gradients of W_ih and the table.
  func tokenGradients(_ operation: RecurrentBackward, _ tokens: RecurrentTokens)
    throws(ComputeError)
  {
    var table = operation.input
    let sums = try makeTensor([table.rows, operation.gates.columns])
    try execute(Fill(sums, with: 0))
    try execute(
      EmbeddingBackward(
        outputGradient: operation.gates, indices: tokens.indices, ignoring: tokens.ignoring,
        into: sums))
    if let ignored = tokens.ignoring {
      // Its sum is zero, but what stands in the table may be anything, NaN too.
      let copy = try makeTensor(table.shape)
      try execute(Copy(table, to: copy))
      try execute(Fill(copy.step(Int(ignored)), with: 0))
      table = copy
    }
    try execute(
      MatrixProduct(
        sums, table, into: operation.weightGradients.input, transposeLeft: true, accumulate: true))
    guard let gradient = operation.inputGradient else { return }
    try execute(
      MatrixProduct(sums, operation.weights.input, into: gradient, accumulate: true))
  }
}
