import SluiceCPUInterface

/// What a cell makes of the sums of its gates, one vector of units of one row at a time.
///
/// Sums, biases and what is kept lie in blocks: the G gates, then for each of the S separate ones what
/// the hidden state gives it. Every cell's functions stand in a file of its own.
protocol CellKernels {
  /// Whether ``advance(_:_:_:_:state:keeping:)`` uses its state for c.
  static var hasCellState: Bool { get }

  /// The new hidden state.
  ///
  /// - Parameters:
  ///   - sums: before the biases, `sumStride` from block to block.
  ///   - bias: `biasStride` from block to block.
  ///   - state: c of the step before, or h without the mask; overwritten with this step's.
  ///   - kept: written: what ``differentiate(_:)`` needs.
  static func advance(
    _ sums: Floats, _ sumStride: Int, _ bias: Floats, _ biasStride: Int, state: Floats,
    keeping kept: inout KeptBlocks
  ) -> Lanes

  /// From what forward kept to the gradients of the sums, for all units of a row.
  static func differentiate(_ row: BackwardRow)
}

/// A vector of each block.
struct KeptBlocks {
  var first = Lanes()
  var second = Lanes()
  var third = Lanes()
  var fourth = Lanes()
}

/// One row of a step on its way back.
///
/// Rows have no room past their end but for what follows them: a cell works from its last vector of
/// units to its first, so that what is written past a block's end is overwritten by the block behind it.
struct BackwardRow {
  /// H.
  let hidden: Int
  /// As forward kept them: blocks of H.
  let kept: Floats
  /// Written: blocks of H in the order of the product that follows, the hidden state's share of the
  /// separate gates first, then all gates.
  let gradients: Floats
  /// c of this step, where the cell has it.
  let cell: Floats
  /// c of the step before or, where the cell has none, h.
  let previous: Floats
  /// What the layers above ask for.
  let output: Floats
  /// What the step after asks for by way of its sums. Consumed: set to zero.
  let hiddenGradient: Floats
  /// What it asks for directly: of c or, where the cell has none, of h. Renewed.
  let carried: Floats
}

/// The table of cells. A cell that is not in it cannot be named.
extension Kernels {
  /// For each vector or two of units: the products of input and hidden state with their gates, and
  /// what the cell makes of them, all while they are in the first cache.
  package static func recurrentForward(_ tile: RecurrentForwardTile) {
    switch tile.layer.cell {
    case .lstm: runForward(LSTMKernels.self, tile)
    case .gru: runForward(GRUKernels.self, tile)
    case .rnn: runForward(RNNKernels<Tanh>.self, tile)
    case .rnnReLU: runForward(RNNKernels<Rectifier>.self, tile)
    }
  }

  /// Overwrites gates with their gradients, and forms what follows from these while they are near.
  package static func recurrentBackward(_ tile: RecurrentBackwardTile) {
    switch tile.layer.cell {
    case .lstm: runBackward(LSTMKernels.self, tile)
    case .gru: runBackward(GRUKernels.self, tile)
    case .rnn: runBackward(RNNKernels<Tanh>.self, tile)
    case .rnnReLU: runBackward(RNNKernels<Rectifier>.self, tile)
    }
  }
}
