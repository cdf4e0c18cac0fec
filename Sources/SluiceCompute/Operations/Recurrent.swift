/// Which way a layer reads the sequence.
public enum RecurrentDirection: String, Hashable, Sendable {
  /// From the first step to the last.
  case forward
  /// From each row's own last step to its first.
  case reverse
}

/// What a back end needs to know to choose how it runs one layer-direction.
public struct RecurrentDescriptor: Hashable, Sendable {
  /// What happens at a step.
  public var cell: RecurrentCell
  /// T.
  public var steps: Int
  /// N.
  public var batch: Int
  /// C.
  public var inputSize: Int
  /// V where the input is an embedding's, see ``RecurrentTokens``; nil where it is dense.
  public var vocabulary: Int?
  /// H.
  public var hiddenSize: Int
  /// Which way the sequence is read.
  public var direction: RecurrentDirection
  /// Whether rows end at their own lengths.
  public var hasLengths: Bool
  /// Whether the hidden state is masked on its way into the gates.
  public var hasRecurrentDropout: Bool
  /// Whether gates and cells are kept for backward.
  public var isTraining: Bool

  /// Each argument is the property of its name.
  public init(
    cell: RecurrentCell = .lstm, steps: Int, batch: Int, inputSize: Int, vocabulary: Int? = nil,
    hiddenSize: Int, direction: RecurrentDirection = .forward, hasLengths: Bool = false,
    hasRecurrentDropout: Bool = false, isTraining: Bool = true
  ) {
    self.cell = cell
    self.steps = steps
    self.batch = batch
    self.inputSize = inputSize
    self.vocabulary = vocabulary
    self.hiddenSize = hiddenSize
    self.direction = direction
    self.hasLengths = hasLengths
    self.hasRecurrentDropout = hasRecurrentDropout
    self.isTraining = isTraining
  }
}

/// How a back end runs a recurrent layer.
public struct RecurrentPlan: Hashable, Sendable {
  /// Which of the two ways.
  public enum Strategy: String, Hashable, Sendable {
    /// A tile of batch rows stays with one group or thread for all T steps.
    case persistent
    /// One product and one fused gate kernel per step.
    case stepwise
  }

  /// Whether an embedding below the layer folds into its input weights, see `RecurrentTokens`.
  public enum Folding: Hashable, Sendable {
    /// In no batch of these extents.
    case never
    /// In those whose different tokens are at most this share of all their tokens.
    case upTo(share: Double)
    /// In every batch of these extents.
    case always
  }

  /// How the layer runs.
  public var strategy: Strategy
  /// Why this one, for the user to read: `16 rows per tile, weights in the second-level cache`.
  public var reason: String
  /// Nil where the layer reads no embedding. The reason says why.
  public var folding: Folding?

  /// Each argument is the property of its name.
  public init(strategy: Strategy, reason: String, folding: Folding? = nil) {
    self.strategy = strategy
    self.reason = reason
    self.folding = folding
  }
}

/// One layer-direction's weights, or their gradients. PyTorch's shapes, G gates.
public struct RecurrentWeights {
  /// `[G·H, C]`
  public var input: Tensor
  /// `[G·H, H]`
  public var hidden: Tensor
  /// `[G·H]`
  public var inputBias: Tensor
  /// `[G·H]`
  public var hiddenBias: Tensor

  /// Each argument is the property of its name.
  public init(input: Tensor, hidden: Tensor, inputBias: Tensor, hiddenBias: Tensor) {
    self.input = input
    self.hidden = hidden
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
  }

  func validate(_ d: RecurrentDescriptor, _ what: String) throws(ComputeError) {
    let gates = d.cell.gateCount * d.hiddenSize
    try Check.floats([
      ("input \(what)", input), ("hidden \(what)", hidden),
      ("input bias \(what)", inputBias), ("hidden bias \(what)", hiddenBias),
    ])
    try Check.shape("input \(what)", input, [gates, d.inputSize])
    try Check.shape("hidden \(what)", hidden, [gates, d.hiddenSize])
    try Check.shape("input bias \(what)", inputBias, [gates])
    try Check.shape("hidden bias \(what)", hiddenBias, [gates])
    try Check.contiguous("input \(what)", input)
    try Check.contiguous("hidden \(what)", hidden)
  }
}

/// Hidden and cell state of a batch, or the gradients of these. `[N, H]` each, contiguous.
public struct RecurrentState {
  /// h, `[N, H]`
  public var hidden: Tensor
  /// c, `[N, H]`; present exactly if the layer's cell has a cell state.
  public var cell: Tensor?

  /// Each argument is the property of its name.
  public init(hidden: Tensor, cell: Tensor?) {
    self.hidden = hidden
    self.cell = cell
  }

  func validate(_ d: RecurrentDescriptor, _ what: String) throws(ComputeError) {
    try Check.argument(
      (cell != nil) == d.cell.hasCellState,
      d.cell.hasCellState
        ? "the \(what) of \(d.cell.title) is h and c, c is missing"
        : "the \(what) of \(d.cell.title) is h alone, c was given too")
    for tensor in [hidden] + (cell.map { [$0] } ?? []) {
      try Check.floats([(what, tensor)])
      try Check.shape(what, tensor, [d.batch, d.hiddenSize])
      try Check.contiguous(what, tensor)
    }
  }
}

/// Masks the hidden state on its way into the gates, the same units at every step
/// (variational dropout). The mask of row n, unit j is that of element n·H + j of the stream.
///
/// - SeeAlso: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent
///   neural networks", 2016.
public struct RecurrentDropout: Hashable, Sendable {
  /// The share of units that is dropped, in `[0, 1)`; the others are scaled by 1 / (1 − rate).
  public var rate: Float
  /// Where its numbers come from.
  public var stream: RandomStream

  /// Each argument is the property of its name.
  public init(rate: Float, stream: RandomStream) {
    self.rate = rate
    self.stream = stream
  }
}

/// Runs one layer-direction over a whole sequence, the sums of its gates at a step being
/// W_ih·x_t + b_ih + W_hh·(mask ⊙ h_{t−1}) + b_hh. What becomes of them, ``CellForm`` says cell by cell.
///
/// Rows of different lengths follow PyTorch's packed sequences, in any order, length 0 allowed:
/// past a row's end its state is held and its outputs are zero, and a reverse direction begins at
/// the row's own last step. The final state is the state after the row's last step in the
/// direction of reading (after step 0 for `.reverse`), or the initial state at length 0.
///
/// - Complexity: O(T·N·H·(C + H)) multiply-adds.
public struct RecurrentForward: Operation {
  public static let name = "recurrent forward"

  /// The layer's extents and kind.
  public var descriptor: RecurrentDescriptor
  /// `[T, N, C]`, time-major, rows may be strided; or the table `[V, C]` that `tokens` choose from,
  /// contiguous.
  public var input: Tensor
  /// Present exactly if the descriptor has a vocabulary.
  public var tokens: RecurrentTokens?
  /// Of this layer-direction.
  public var weights: RecurrentWeights
  /// `[N]` int32 in `0 ... T`; present exactly if the descriptor has lengths.
  public var lengths: Tensor?
  /// The state before the first step; zero where nil.
  public var initial: RecurrentState?
  /// None where nil.
  public var dropout: RecurrentDropout?
  /// `[T, N, H]`, written; rows may be strided. Zero past a row's length.
  public var output: Tensor
  /// Written where given; may alias `initial`.
  public var final: RecurrentState?
  /// `[T, N, P·H]`, contiguous, written: activated gates in their order, then what the hidden state
  /// gives the separate ones, see ``RecurrentCell/blockCount``. Kept for backward; undefined past a
  /// row's length. Present exactly if the descriptor is for training.
  public var gates: Tensor?
  /// `[T, N, H]`, contiguous, written: cell states. Kept for backward like `gates`, where the cell has
  /// them.
  public var cells: Tensor?

  /// Each argument is the property of its name.
  public init(
    _ descriptor: RecurrentDescriptor, input: Tensor, tokens: RecurrentTokens? = nil,
    weights: RecurrentWeights, lengths: Tensor? = nil, initial: RecurrentState? = nil,
    dropout: RecurrentDropout? = nil,
    output: Tensor, final: RecurrentState? = nil, gates: Tensor? = nil, cells: Tensor? = nil
  ) {
    self.descriptor = descriptor
    self.input = input
    self.tokens = tokens
    self.weights = weights
    self.lengths = lengths
    self.initial = initial
    self.dropout = dropout
    self.output = output
    self.final = final
    self.gates = gates
    self.cells = cells
  }

  public func validate() throws(ComputeError) {
    let d = descriptor
    try d.validate(input: input, tokens: tokens, lengths: lengths, dropout: dropout)
    try weights.validate(d, "weight")
    try Check.floats([("output", output), ("gates", gates), ("cells", cells)])
    try Check.shape("output", output, [d.steps, d.batch, d.hiddenSize])
    try Check.argument(
      (gates != nil) == d.isTraining && (cells != nil) == (d.isTraining && d.cell.hasCellState),
      "gates, and cells where \(d.cell.title) has them, are kept for training, and only then")
    try Check.shape("gates", gates, [d.steps, d.batch, d.cell.blockCount * d.hiddenSize])
    try Check.shape("cells", cells, [d.steps, d.batch, d.hiddenSize])
    try Check.contiguous("gates", gates)
    try Check.contiguous("cells", cells)
    try initial?.validate(d, "initial state")
    try final?.validate(d, "final state")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// The gradients of ``RecurrentForward``, given what it kept.
///
/// - Complexity: twice the multiply-adds of forward.
public struct RecurrentBackward: Operation {
  public static let name = "recurrent backward"

  /// The layer's extents and kind.
  public var descriptor: RecurrentDescriptor
  /// As given to forward, unchanged since: `[T, N, C]` or `[V, C]`.
  public var input: Tensor
  /// As given to forward.
  public var tokens: RecurrentTokens?
  /// Of this layer-direction.
  public var weights: RecurrentWeights
  /// As given to forward.
  public var lengths: Tensor?
  /// As given to forward.
  public var initial: RecurrentState?
  /// None where nil.
  public var dropout: RecurrentDropout?
  /// As written by forward, unchanged since: `[T, N, H]`.
  public var output: Tensor
  /// `[T, N, P·H]` from forward. Overwritten with the gradients of the sums: of the gates before
  /// activation, then of what the hidden state gave the separate ones. Zero past a row's length;
  /// undefined afterwards unless `keepsGateGradients`.
  public var gates: Tensor
  /// Whether the gates' gradients are wanted in `gates`. Where they are not, a back end may spare
  /// itself writing them.
  public var keepsGateGradients: Bool
  /// `[T, N, H]` from forward, where the cell has them.
  public var cells: Tensor?
  /// `[T, N, H]`; zero where nil. What stands past a row's length is ignored. Rows may be strided.
  public var outputGradient: Tensor?
  /// The gradient of the final state; zero where nil.
  public var finalGradient: RecurrentState?
  /// `[T, N, C]`, written, or added to when `accumulateInputGradient`; not computed where nil.
  /// Zero past a row's length. Rows may be strided. With `tokens` it is the table's: `[V, C]`,
  /// contiguous, and must be added to.
  public var inputGradient: Tensor?
  /// Whether `inputGradient` is added to, instead of written.
  public var accumulateInputGradient: Bool
  /// Overwritten; not computed where nil. May alias `finalGradient`.
  public var initialGradient: RecurrentState?
  /// Added to.
  public var weightGradients: RecurrentWeights

  /// Each argument is the property of its name.
  public init(
    _ descriptor: RecurrentDescriptor, input: Tensor, tokens: RecurrentTokens? = nil,
    weights: RecurrentWeights, lengths: Tensor? = nil, initial: RecurrentState? = nil,
    dropout: RecurrentDropout? = nil,
    output: Tensor, gates: Tensor, cells: Tensor?, outputGradient: Tensor?,
    finalGradient: RecurrentState? = nil, inputGradient: Tensor? = nil,
    accumulateInputGradient: Bool = false, initialGradient: RecurrentState? = nil,
    weightGradients: RecurrentWeights, keepsGateGradients: Bool = true
  ) {
    self.descriptor = descriptor
    self.input = input
    self.tokens = tokens
    self.weights = weights
    self.lengths = lengths
    self.initial = initial
    self.dropout = dropout
    self.output = output
    self.gates = gates
    self.cells = cells
    self.outputGradient = outputGradient
    self.finalGradient = finalGradient
    self.inputGradient = inputGradient
    self.accumulateInputGradient = accumulateInputGradient
    self.initialGradient = initialGradient
    self.weightGradients = weightGradients
    self.keepsGateGradients = keepsGateGradients
  }

  public func validate() throws(ComputeError) {
    let d = descriptor
    try Check.argument(d.isTraining, "backward needs a forward that was run for training")
    try d.validate(input: input, tokens: tokens, lengths: lengths, dropout: dropout)
    try weights.validate(d, "weight")
    try weightGradients.validate(d, "weight gradient")
    try Check.floats([
      ("output", output), ("gates", gates), ("cells", cells), ("output gradient", outputGradient),
      ("input gradient", inputGradient),
    ])
    try Check.shape("output", output, [d.steps, d.batch, d.hiddenSize])
    try Check.shape("output gradient", outputGradient, [d.steps, d.batch, d.hiddenSize])
    try Check.argument(
      (cells != nil) == d.cell.hasCellState, "cells and the cell of \(d.cell.title) disagree")
    try Check.shape("gates", gates, [d.steps, d.batch, d.cell.blockCount * d.hiddenSize])
    try Check.shape("cells", cells, [d.steps, d.batch, d.hiddenSize])
    try Check.shape("input gradient", inputGradient, input.shape)
    if tokens != nil {
      try Check.contiguous("table gradient", inputGradient)
      try Check.argument(
        inputGradient == nil || accumulateInputGradient, "a table's gradient is added to")
    }
    try Check.contiguous("gates", gates)
    try Check.contiguous("cells", cells)
    try initial?.validate(d, "initial state")
    try finalGradient?.validate(d, "final state gradient")
    try initialGradient?.validate(d, "initial state gradient")
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension RecurrentDescriptor {
  fileprivate func validate(
    input: Tensor, tokens: RecurrentTokens?, lengths: Tensor?, dropout: RecurrentDropout?
  ) throws(ComputeError) {
    try Check.argument(
      steps > 0 && batch > 0 && inputSize > 0 && hiddenSize > 0,
      "a recurrent layer of T \(steps), N \(batch), C \(inputSize), H \(hiddenSize)")
    try Check.floats([("input", input)])
    try Check.argument((tokens != nil) == (vocabulary != nil), "tokens and descriptor disagree")
    if let tokens {
      try tokens.validate(self, table: input)
    } else {
      try Check.shape("input", input, [steps, batch, inputSize])
    }
    try Check.indices([("lengths", lengths)])
    try Check.argument((lengths != nil) == hasLengths, "lengths and descriptor disagree")
    try Check.shape("lengths", lengths, [batch])
    try Check.argument(
      (dropout != nil) == hasRecurrentDropout, "recurrent dropout and descriptor disagree")
    if let dropout {
      try Check.argument(
        dropout.rate >= 0 && dropout.rate < 1, "a dropout rate of \(dropout.rate), not in [0, 1)")
    }
  }
}
