/// Extents that the tiles of a recurrent layer share.
public enum RecurrentExtent {
  /// The distance between rows of `count` elements: a whole number of panels and a vector more, so
  /// that whole vectors may be stored, and that rows do not fall onto each other in the cache.
  public static func stride(_ count: Int) -> Int {
    (count + 31) / 32 * 32 + 16
  }
}

/// Packs both weight matrices of a layer for ``RecurrentForwardTile``.
///
/// Columns are in the order in which gates are needed: for each vector of units a panel with their
/// i and f, and one with their g and o. The units that do not fill a vector come last, i, f, g, o
/// side by side. Along K come the H rows for the hidden state, then the C rows for the input.
public struct GatePackTile {
  /// `[4H, H]` and `[4H, C]`
  public var hiddenWeights: Floats
  public var inputWeights: Floats
  public var hidden: Int
  public var input: Int
  /// `[panels][H + C][panelWidth]`
  public var destination: Floats
  public var panels: Range<Int>

  public init(
    hiddenWeights: Floats, inputWeights: Floats, hidden: Int, input: Int, destination: Floats,
    panels: Range<Int>
  ) {
    self.hiddenWeights = hiddenWeights
    self.inputWeights = inputWeights
    self.hidden = hidden
    self.input = input
    self.destination = destination
    self.panels = panels
  }
}

/// Packs two matrices of as many rows side by side, for ``RecurrentBackwardTile``.
public struct BesidePackTile {
  /// `[K, H]` and, where given, `[K, C]`.
  public var left: Floats
  public var leftColumns: Int
  public var right: Floats?
  public var rightColumns: Int
  /// K.
  public var depth: Int
  /// `[panels][K][panelWidth]`
  public var destination: Floats
  /// The part of K that this tile packs.
  public var depthRange: Range<Int>

  public init(
    left: Floats, leftColumns: Int, right: Floats?, rightColumns: Int, depth: Int,
    destination: Floats, depthRange: Range<Int>
  ) {
    self.left = left
    self.leftColumns = leftColumns
    self.right = right
    self.rightColumns = rightColumns
    self.depth = depth
    self.destination = destination
    self.depthRange = depthRange
  }
}

/// A tile of batch rows that runs through all steps of a recurrent layer.
public struct RecurrentForwardTile {
  /// T, N, C, H.
  public var steps: Int
  public var batch: Int
  public var input: Int
  public var hidden: Int
  /// The rows of the batch that this tile owns.
  public var rows: Range<Int> = 0..<0
  /// Whether steps are read from the last to the first.
  public var reverse: Bool
  /// Both weight matrices, packed as ``GatePackTile`` says.
  public var panels: Floats
  /// Rows of 4H, added to the gates: the first, or row `biasRows[t, n]`.
  public var bias: Floats
  /// `[T, N]`
  public var biasRows: Integers?
  /// `[T, N, C]`
  public var inputs: FloatRows
  /// `[T, N, 4H]`, written: activated gates. Nil where nobody keeps them.
  public var gates: Floats?
  public var lengths: Integers?
  /// `[N, H]` each; zero where nil.
  public var initialHidden: Floats?
  public var initialCell: Floats?
  /// `[N, H]`: scaled mask of the recurrent dropout.
  public var mask: Floats?
  public var output: FloatRows
  /// `[T, N, H]`
  public var cells: Floats?
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H, written: the cell state.
  public var cellState: Floats
  /// ``scratchCount(rows:input:hidden:)`` elements for one thread.
  public var scratch: Floats

  /// The hidden state beside the input, of this step and the next, and four gates of a vector of
  /// units.
  public static func scratchCount(rows: Int, input: Int, hidden: Int) -> Int {
    rows * (2 * RecurrentExtent.stride(hidden + input) + 64)
  }

  public init(
    steps: Int, batch: Int, input: Int, hidden: Int, reverse: Bool, panels: Floats,
    bias: Floats, inputs: FloatRows, output: FloatRows, cellState: Floats, scratch: Floats
  ) {
    self.steps = steps
    self.batch = batch
    self.input = input
    self.hidden = hidden
    self.reverse = reverse
    self.panels = panels
    self.bias = bias
    self.inputs = inputs
    self.output = output
    self.cellState = cellState
    self.scratch = scratch
  }
}

/// The reversed recurrence of a tile of batch rows, through all steps.
///
/// Gradients of the gates, of the input and of the weights are formed a few steps at a time, while
/// they are in the cache.
public struct RecurrentBackwardTile {
  /// T, N, C, H.
  public var steps: Int
  public var batch: Int
  public var input: Int
  public var hidden: Int
  public var rows: Range<Int> = 0..<0
  /// Whether forward read the steps from the last to the first.
  public var reverse: Bool
  /// `[W_hh W_ih]` packed: K = 4H, N = H + C; without W_ih where no input gradient is wanted.
  public var panels: Floats
  /// Whether the gradient of the hidden state before the first step is wanted.
  public var needsInitialGradient: Bool
  /// `[T, N, 4H]`: activated gates on entry; on return gradients before activation, if kept.
  public var gates: Floats
  public var keepsGateGradients = true
  public var cells: Floats
  public var inputs: FloatRows
  public var output: FloatRows
  public var lengths: Integers?
  /// `[N, H]` each; zero where nil.
  public var initialHidden: Floats?
  public var initialCell: Floats?
  public var mask: Floats?
  public var outputGradient: FloatRows?
  public var inputGradient: FloatRows?
  public var accumulateInputGradient = false
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H + C: the gradient that is carried from step
  /// to step.
  public var hiddenGradient: Floats
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H.
  public var cellGradient: Floats
  /// Written where given: 4H rows of ``RecurrentExtent/stride(_:)`` of H + C, the tile's share of
  /// the gradients of W_hh and, beside it, W_ih; then as many elements as 4H gates for the biases.
  public var weightGradient: Floats?
  /// Steps whose gate gradients are kept for the weights' gradient; 1 where that is not wanted.
  public var chunk: Int
  /// ``scratchCount(rows:chunk:input:hidden:)`` elements for one thread.
  public var scratch: Floats

  /// Gate gradients, the right-hand side of the weights' gradient in panels, and a row of each.
  public static func scratchCount(rows: Int, chunk: Int, input: Int, hidden: Int) -> Int {
    let columns = RecurrentExtent.stride(hidden + input)
    return rows * chunk * (RecurrentExtent.stride(4 * hidden) + columns) + 2 * columns
      + CPUKernels.readAhead
  }

  /// Elements of ``weightGradient``.
  public static func weightGradientCount(input: Int, hidden: Int) -> Int {
    4 * hidden * (RecurrentExtent.stride(hidden + input) + 1)
  }

  public init(
    steps: Int, batch: Int, input: Int, hidden: Int, reverse: Bool, panels: Floats,
    needsInitialGradient: Bool, gates: Floats, cells: Floats, inputs: FloatRows, output: FloatRows,
    hiddenGradient: Floats, cellGradient: Floats, chunk: Int, scratch: Floats
  ) {
    self.steps = steps
    self.batch = batch
    self.input = input
    self.hidden = hidden
    self.reverse = reverse
    self.panels = panels
    self.needsInitialGradient = needsInitialGradient
    self.gates = gates
    self.cells = cells
    self.inputs = inputs
    self.output = output
    self.hiddenGradient = hiddenGradient
    self.cellGradient = cellGradient
    self.chunk = chunk
    self.scratch = scratch
  }
}
