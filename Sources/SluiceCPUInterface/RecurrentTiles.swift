/// A tile of batch rows that runs through a range of steps of a recurrent layer.
public struct RecurrentForwardTile {
  /// T, N, H.
  public var steps: Int
  public var batch: Int
  public var hidden: Int
  /// The rows of the batch that this tile owns.
  public var rows: Range<Int>
  /// Whether steps are read from the last to the first.
  public var reverse: Bool
  /// W_hhᵀ packed: K = H, N = 4H. Nil where the caller has added the product already.
  public var panels: Floats?
  /// The steps, counted in the direction of reading, that this call runs.
  public var stepRange: Range<Int>
  /// `[T, N, 4H]`: input product and biases on entry, activated gates on return.
  public var gates: Floats
  public var lengths: Integers?
  /// `[N, H]` each; zero where nil.
  public var initialHidden: Floats?
  public var initialCell: Floats?
  /// `[N, H]`: scaled mask of the recurrent dropout.
  public var mask: Floats?
  public var output: FloatRows
  /// `[T, N, H]`
  public var cells: Floats?
  /// `[N]` rows of ``stateStride(hidden:)``: the hidden state as the product takes it.
  public var hiddenState: Floats
  /// `[N]` rows of ``stateStride(hidden:)``: the cell state.
  public var cellState: Floats

  /// The distance between rows of state: a whole number of vectors, and never a multiple of a page.
  public static func stateStride(hidden: Int) -> Int {
    (hidden + 15) / 16 * 16 + 16
  }

  public init(
    steps: Int, batch: Int, hidden: Int, rows: Range<Int>, reverse: Bool, panels: Floats?,
    stepRange: Range<Int>, gates: Floats, output: FloatRows, hiddenState: Floats, cellState: Floats
  ) {
    self.steps = steps
    self.batch = batch
    self.hidden = hidden
    self.rows = rows
    self.reverse = reverse
    self.panels = panels
    self.stepRange = stepRange
    self.gates = gates
    self.output = output
    self.hiddenState = hiddenState
    self.cellState = cellState
  }
}

/// The reversed recurrence of a tile of batch rows.
public struct RecurrentBackwardTile {
  /// T, N, H.
  public var steps: Int
  public var batch: Int
  public var hidden: Int
  public var rows: Range<Int>
  /// Whether forward read the steps from the last to the first.
  public var reverse: Bool
  /// W_hh packed: K = 4H, N = H. Nil where the caller runs that product itself.
  public var panels: Floats?
  /// The steps, counted against the direction of reading, that this call runs.
  public var stepRange: Range<Int>
  /// Whether the gradient of the hidden state before the first step is wanted.
  public var needsInitialGradient: Bool
  /// `[T, N, 4H]`: activated gates on entry, gradients before activation on return.
  public var gates: Floats
  public var cells: Floats
  public var lengths: Integers?
  /// `[N, H]`; zero where nil.
  public var initialCell: Floats?
  public var mask: Floats?
  public var outputGradient: FloatRows?
  /// `[N]` rows of state, the gradients carried from step to step.
  public var hiddenGradient: Floats
  public var cellGradient: Floats
  /// ``scratchCount(hidden:)`` elements for one thread.
  public var scratch: Floats

  /// A vector of each gate, and a row of zeros.
  public static func scratchCount(hidden: Int) -> Int {
    4 * 16 + hidden + CPUKernels.readAhead
  }

  public init(
    steps: Int, batch: Int, hidden: Int, rows: Range<Int>, reverse: Bool, panels: Floats?,
    stepRange: Range<Int>, needsInitialGradient: Bool, gates: Floats, cells: Floats,
    hiddenGradient: Floats, cellGradient: Floats, scratch: Floats
  ) {
    self.steps = steps
    self.batch = batch
    self.hidden = hidden
    self.rows = rows
    self.reverse = reverse
    self.panels = panels
    self.stepRange = stepRange
    self.needsInitialGradient = needsInitialGradient
    self.gates = gates
    self.cells = cells
    self.hiddenGradient = hiddenGradient
    self.cellGradient = cellGradient
    self.scratch = scratch
  }
}
