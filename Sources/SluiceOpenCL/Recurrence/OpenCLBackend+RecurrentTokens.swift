import SluiceCompute

/// A recurrent layer's input, dense or read through an embedding's table.
extension OpenCLBackend {
  /// The places from which on an embedding folds; nil: it never does.
  private func leastPlaces(_ d: RecurrentDescriptor, vocabulary: Int) -> Int? {
    let saved = d.inputSize - RecurrentDescriptor.leastFold
    return saved > 0 ? (d.inputSize * vocabulary + saved - 1) / saved : nil
  }

  /// By the extents: the tokens are on the device, and looking at them would mean to wait for it.
  public func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) -> Bool {
    guard let vocabulary = descriptor.vocabulary,
      let least = leastPlaces(descriptor, vocabulary: vocabulary)
    else { return false }
    return descriptor.steps * descriptor.batch >= least
  }

  func planFolding(_ d: RecurrentDescriptor, _ plan: inout RecurrentPlan) {
    guard let vocabulary = d.vocabulary else { return }
    guard let least = leastPlaces(d, vocabulary: vocabulary) else {
      plan.folding = .never
      plan.reason +=
        "; the embedding of C = \(d.inputSize) columns does not fold, which pays from "
        + "\(RecurrentDescriptor.leastFold + 1) on"
      return
    }
    let places = d.steps * d.batch
    plan.folding = places >= least ? .always : .never
    plan.reason +=
      places >= least
      ? "; the embedding folds, as in every batch of T·N = \(least) places or more"
      : "; the embedding of V = \(vocabulary) tokens does not fold, which pays from T·N = \(least) "
        + "places on: here are \(places)"
  }

  /// What the input and the biases add to the gates of all steps, `[T, N, G·H]`; of a separate gate the
  /// hidden state's bias is the recurrence's.
  ///
  /// - Parameter other: the other direction, whose product is made in the same launch.
  func project(_ start: RecurrentStart, beside other: RecurrentStart? = nil) throws(ComputeError) {
    let projection = try projection(start)
    var others: ProductLaunch?
    if let other { others = try self.projection(other) }
    try product(projection, beside: others)
    try spread(projection.output, over: start)
    if let other { try spread(others?.output, over: other) }
  }

  /// The product of all steps' inputs or, where tokens are read, of the table.
  private func projection(_ start: RecurrentStart) throws(ComputeError) -> ProductLaunch {
    let (input, weights) = (start.operation.input, start.operation.weights)
    let cell = start.operation.descriptor.cell
    var output = cell.inputShare(of: start.gates)
    if start.operation.tokens != nil { output = try makeTensor([input.rows, output.columns]) }
    var product = ProductLaunch(
      MatrixProduct(
        input, weights.input, bias: weights.inputBias, into: output, transposeRight: true))
    product.secondBias = cell.jointShare(of: weights.hiddenBias)
    product.packing = start.packing
    return product
  }

  /// What the table's rows give, to wherever their tokens stand; nothing where there are none.
  private func spread(_ projection: Tensor?, over start: RecurrentStart) throws(ComputeError) {
    let (weights, cell) = (start.operation.weights, start.operation.descriptor.cell)
    guard let tokens = start.operation.tokens, let projection else { return }
    if let ignored = tokens.ignoring {
      let row = projection.step(Int(ignored))
      try execute(Copy(weights.inputBias, to: row))
      try execute(
        Copy(
          cell.jointShare(of: weights.hiddenBias), to: cell.jointShare(of: row), accumulate: true))
    }
    try execute(
      EmbeddingForward(
        table: projection, indices: tokens.indices, into: cell.inputShare(of: start.gates)))
  }

  /// Adds up the gates' gradients of each token; from these, the gradients of W_ih and the table.
  func tokenGradients(_ operation: RecurrentBackward, _ tokens: RecurrentTokens)
    throws(ComputeError)
  {
    var table = operation.input
    let gates = operation.descriptor.cell.inputShare(of: operation.gates)
    let sums = try makeTensor([table.rows, gates.columns])
    try execute(Fill(sums, with: 0))
    try execute(
      EmbeddingBackward(
        outputGradient: gates, indices: tokens.indices, ignoring: tokens.ignoring, into: sums))
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
