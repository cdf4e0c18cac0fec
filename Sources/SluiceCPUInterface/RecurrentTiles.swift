/// Extents that the tiles of a recurrent layer share.
package enum RecurrentExtent {
  /// The distance between rows of `count` elements: a whole number of panels and a vector more, so
  /// that whole vectors may be stored, and that rows do not fall onto each other in the cache.
  package static func stride(_ count: Int) -> Int {
    (count + 31) / 32 * 32 + 16
  }
}

/// What forward and backward of a recurrent layer share.
package struct RecurrentLayer {
  /// T, N, C, H.
  package let steps: Int
  package let batch: Int
  package let input: Int
  package let hidden: Int
  /// Whether forward reads the steps from the last to the first.
  package let reverse: Bool
  /// `[T, N, C]`
  package let inputs: FloatRows
  /// `[T, N, H]`
  package let output: FloatRows
  /// `[N]`; T everywhere where nil.
  package var lengths: Integers?
  /// `[N, H]` each; zero where nil.
  package var initialHidden: Floats?
  package var initialCell: Floats?
  /// `[N, H]`: scaled mask of the recurrent dropout.
  package var mask: Floats?

  package init(
    steps: Int, batch: Int, input: Int, hidden: Int, reverse: Bool, inputs: FloatRows,
    output: FloatRows
  ) {
    self.steps = steps
    self.batch = batch
    self.input = input
    self.hidden = hidden
    self.reverse = reverse
    self.inputs = inputs
    self.output = output
  }
}

/// A tile of batch rows that runs through all steps of a recurrent layer.
package struct RecurrentForwardTile {
  package let layer: RecurrentLayer
  /// The rows of the batch that this tile owns.
  package var rows = 0..<0
  /// Both weight matrices, packed as
  /// ``CPUKernels/packGates(hiddenWeights:inputWeights:hidden:input:into:panels:)`` says.
  package let panels: Floats
  /// Rows of 4H, added to the gates: the first, or row `biasRows[t, n]`.
  package let bias: Floats
  /// `[T, N]`
  package var biasRows: Integers?
  /// `[T, N, 4H]`, written: activated gates. Nil where nobody keeps them.
  package var gates: Floats?
  /// `[T, N, H]`, written where given.
  package var cells: Floats?
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H, written: the cell state.
  package let cellState: Floats
  /// ``scratchCount(rows:input:hidden:)`` elements for one thread.
  package var scratch: Floats

  package init(
    _ layer: RecurrentLayer, panels: Floats, bias: Floats, cellState: Floats, scratch: Floats
  ) {
    self.layer = layer
    self.panels = panels
    self.bias = bias
    self.cellState = cellState
    self.scratch = scratch
  }

  /// The hidden state beside the input, of this step and the next, and four gates of a vector of
  /// units.
  package static func scratchCount(rows: Int, input: Int, hidden: Int) -> Int {
    rows * (2 * RecurrentExtent.stride(hidden + input) + 64)
  }
}

/// The reversed recurrence of a tile of batch rows, through all steps.
///
/// Gradients of the gates, of the input and of the weights are formed a few steps at a time, while
/// they are in the cache.
package struct RecurrentBackwardTile {
  package let layer: RecurrentLayer
  package var rows = 0..<0
  /// `[W_hh W_ih]` packed: K = 4H, N = H + C; without W_ih where no input gradient is wanted.
  package let panels: Floats
  /// Whether the gradient of the hidden state before the first step is wanted.
  package var needsInitialGradient = false
  /// `[T, N, 4H]`: activated gates on entry; on return gradients before activation, if kept.
  package let gates: Floats
  package var keepsGateGradients = true
  package let cells: Floats
  package var outputGradient: FloatRows?
  package var inputGradient: FloatRows?
  package var accumulateInputGradient = false
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H + C: the gradient that is carried from step
  /// to step.
  package let hiddenGradient: Floats
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H.
  package let cellGradient: Floats
  /// Written where given: 4H rows of ``RecurrentExtent/stride(_:)`` of H + C, the tile's share of
  /// the gradients of W_hh and, beside it, W_ih; then as many elements as 4H gates for the biases.
  package var weightGradient: Floats?
  /// Steps whose gate gradients are kept for the weights' gradient; 1 where that is not wanted.
  package let chunk: Int
  /// ``scratchCount(rows:chunk:input:hidden:)`` elements for one thread.
  package var scratch: Floats

  package init(
    _ layer: RecurrentLayer, panels: Floats, gates: Floats, cells: Floats, hiddenGradient: Floats,
    cellGradient: Floats, chunk: Int, scratch: Floats
  ) {
    self.layer = layer
    self.panels = panels
    self.gates = gates
    self.cells = cells
    self.hiddenGradient = hiddenGradient
    self.cellGradient = cellGradient
    self.chunk = chunk
    self.scratch = scratch
  }

  /// Gate gradients, the right-hand side of the weights' gradient in panels, and a row of each.
  package static func scratchCount(rows: Int, chunk: Int, input: Int, hidden: Int) -> Int {
    let columns = RecurrentExtent.stride(hidden + input)
    return rows * chunk * (RecurrentExtent.stride(4 * hidden) + columns) + 2 * columns
      + CPUMemory.readAhead
  }

  /// Elements of ``weightGradient``.
  package static func weightGradientCount(input: Int, hidden: Int) -> Int {
    4 * hidden * (RecurrentExtent.stride(hidden + input) + 1)
  }
}
