/// Extents that the tiles of a recurrent layer share.
package enum RecurrentExtent {
  /// The distance between rows of `count` elements: a whole number of panels and a vector more, so
  /// that whole vectors may be stored, and that rows do not fall onto each other in the cache.
  package static func stride(_ count: Int) -> Int {
    (count + 31) / 32 * 32 + 16
  }
}

/// The cells that there are kernels for, by the names that layers give them; see `CellKernels` of
/// SluiceCPUKernels.
package enum CellKernel: String, Sendable {
  case lstm, gru, rnn
  case rnnReLU = "rnn_relu"
}

/// How a layer's units are shared out to products, and what a row of its gates holds.
package struct CellExtents: Sendable {
  /// G.
  package let gates: Int
  /// S: how many of the last gates take the sums of input and hidden state one by one.
  package let separate: Int

  package init(gates: Int, separate: Int) {
    self.gates = gates
    self.separate = separate
  }

  /// P = G + S.
  package var blocks: Int { gates + separate }

  /// Vectors of units whose sums are made together: as many as let every product fill whole panels.
  package var unitVectors: Int { separate == 0 && gates % 2 == 0 ? 1 : 2 }

  /// The distance between rows of sums of these units: every block, and room for whole vectors.
  package func sumStride(lanes: Int) -> Int {
    blocks * unitVectors * lanes + (separate > 0 ? 2 * lanes : 0)
  }
}

/// What forward and backward of a recurrent layer share.
package struct RecurrentLayer {
  package let cell: CellKernel
  package let extents: CellExtents
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
    cell: CellKernel, extents: CellExtents, steps: Int, batch: Int, input: Int, hidden: Int,
    reverse: Bool, inputs: FloatRows, output: FloatRows
  ) {
    self.cell = cell
    self.extents = extents
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
  /// ``CPUKernels/packGates(hiddenWeights:inputWeights:hidden:input:_:into:groups:)`` says.
  package let panels: Floats
  /// Rows of P·H, added to the sums: the first, or row `biasRows[t, n]`.
  package let bias: Floats
  /// `[T, N]`
  package var biasRows: Integers?
  /// `[T, N, P·H]`, written: what backward needs of the gates. Nil where nobody keeps them.
  package var gates: Floats?
  /// `[T, N, H]`, written where given: cell states.
  package var cells: Floats?
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H, written: the cell state or, where
  /// the cell has none, h without the mask.
  package let cellState: Floats
  /// ``scratchCount(rows:input:hidden:_:lanes:)`` elements for one thread.
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

  /// The hidden state beside the input, of this step and the next, and the sums of some units.
  package static func scratchCount(
    rows: Int, input: Int, hidden: Int, _ extents: CellExtents, lanes: Int
  ) -> Int {
    rows * (2 * RecurrentExtent.stride(hidden + input) + extents.sumStride(lanes: lanes))
  }
}

/// The reversed recurrence of a tile of batch rows, through all steps.
///
/// Gradients of the gates, of the input and of the weights are formed a few steps at a time, while
/// they are in the cache.
package struct RecurrentBackwardTile {
  package let layer: RecurrentLayer
  package var rows = 0..<0
  /// `[W_hh W_ih]` packed: K = P·H, N = H + C; without W_ih where no input gradient is wanted. See
  /// ``CPUKernels/packBeside(hiddenWeights:inputWeights:hidden:input:_:into:depthRange:)``.
  package let panels: Floats
  /// Whether the gradient of the hidden state before the first step is wanted.
  package var needsInitialGradient = false
  /// `[T, N, P·H]`: as forward kept them on entry; on return gradients of the sums, if kept.
  package let gates: Floats
  package var keepsGateGradients = true
  /// Where the cell has them.
  package let cells: Floats?
  package var outputGradient: FloatRows?
  package var inputGradient: FloatRows?
  package var accumulateInputGradient = false
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H + C: the gradient that is carried from step
  /// to step.
  package let hiddenGradient: Floats
  /// `[N]` rows of ``RecurrentExtent/stride(_:)`` of H: what a step asks of the one before it directly,
  /// of c or, where the cell has none, of h.
  package let carriedGradient: Floats
  /// Written where given: ``gradientRows(hidden:blocks:)`` rows of ``RecurrentExtent/stride(_:)`` of
  /// H + C, the tile's share of the gradients of W_hh and, beside it, W_ih; then P·H elements for the
  /// biases. In the order of the products: the hidden state's share of the separate gates first, then
  /// all gates. W_hh has the first G blocks of rows, W_ih the last G.
  package var weightGradient: Floats?
  /// Steps whose gate gradients are kept for the weights' gradient; 1 where that is not wanted.
  package let chunk: Int
  /// ``scratchCount(rows:chunk:input:hidden:blocks:)`` elements for one thread.
  package var scratch: Floats

  package init(
    _ layer: RecurrentLayer, panels: Floats, gates: Floats, cells: Floats?, hiddenGradient: Floats,
    carriedGradient: Floats, chunk: Int, scratch: Floats
  ) {
    self.layer = layer
    self.panels = panels
    self.gates = gates
    self.cells = cells
    self.hiddenGradient = hiddenGradient
    self.carriedGradient = carriedGradient
    self.chunk = chunk
    self.scratch = scratch
  }

  /// Gate gradients, the right-hand side of the weights' gradient in panels, and a row of each.
  package static func scratchCount(
    rows: Int, chunk: Int, input: Int, hidden: Int, blocks: Int
  ) -> Int {
    let columns = RecurrentExtent.stride(hidden + input)
    return rows * chunk * (RecurrentExtent.stride(blocks * hidden) + columns) + 2 * columns
      + CPUMemory.readAhead
  }

  /// Rows of ``weightGradient``: P·H, and what fills up a block of four.
  package static func gradientRows(hidden: Int, blocks: Int) -> Int {
    (blocks * hidden + 3) / 4 * 4
  }

  /// Elements of ``weightGradient``.
  package static func weightGradientCount(input: Int, hidden: Int, blocks: Int) -> Int {
    gradientRows(hidden: hidden, blocks: blocks) * (RecurrentExtent.stride(hidden + input) + 1)
  }
}
