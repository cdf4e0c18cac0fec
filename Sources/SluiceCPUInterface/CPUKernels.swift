/// The inner loops of the CPU back end, as compiled for one instruction set.
///
/// Every kernel works on one tile of an operation: the `rows`, `panels` or `part` that it is given.
/// Tiles are disjoint, so that they can run on different threads. Kernels may read, never write, up
/// to ``CPUMemory/readAhead`` elements past the end of what they are given. Where one says
/// `accumulate`, it adds to what the output holds instead of overwriting it.
///
/// A new kernel stands here and in SluiceCPUKernels, an extension of the type that conforms.
/// Arguments are passed one by one; where the functions below a kernel share many of them, as a
/// structure.
package protocol CPUKernels: Sendable {
  /// Lanes of one vector.
  static var lanes: Int { get }
  /// Columns of one packed panel.
  static var panelWidth: Int { get }

  // MARK: Products

  /// Packs rows `depthRange` of a right-hand matrix `[K, N]` as `[N / panelWidth][K][panelWidth]`,
  /// zero past N.
  ///
  /// - Parameters:
  ///   - depth: K.
  ///   - columns: N.
  ///   - destination: The whole packed matrix.
  static func pack(
    _ matrix: StridedMatrix, depth: Int, columns: Int, into destination: Floats,
    depthRange: Range<Int>, rule: RowRule?)

  /// A block of `[M, K] · [K, N]`, summed over a part of K.
  ///
  /// - Parameters:
  ///   - panels: The right-hand matrix, as ``pack(_:depth:columns:into:depthRange:rule:)`` leaves it.
  ///   - depth: K.
  ///   - columns: N.
  ///   - output: `[M, N]`
  ///   - scratch: ``ProductExtent/scratchCount`` elements for one thread.
  static func product(
    _ left: StridedMatrix, panels: Floats, depth: Int, columns: Int, rowRange: Range<Int>,
    panelRange: Range<Int>, depthRange: Range<Int>, into output: FloatRows,
    _ epilogue: ProductEpilogue, scratch: Floats)

  /// Adds up, in order, what the parts of a long product left: `output = Σ_s partials[s]`, with the
  /// product's epilogue.
  ///
  /// - Parameter partStride: Elements from part to part.
  static func reduceProduct(
    _ partials: FloatRows, parts: Int, partStride: Int, columns: Int, rowRange: Range<Int>,
    into output: FloatRows, _ epilogue: ProductEpilogue)

  // MARK: Recurrence

  /// Packs both weight matrices of a layer for ``recurrentForward(_:)``.
  ///
  /// Columns are in the order in which sums are needed: for each group of a vector or two of units the
  /// joint gates, one beside the other, with H rows for the hidden state and C rows for the input along
  /// K; then the separate gates with the input's C rows, then with the hidden state's H. The units that
  /// do not fill a group come last.
  ///
  /// - Parameters:
  ///   - hiddenWeights: `[G·H, H]`
  ///   - inputWeights: `[G·H, C]`
  ///   - hidden: H.
  ///   - input: C.
  ///   - destination: for each product of each group `[panels][K][panelWidth]`
  static func packGates(
    hiddenWeights: Floats, inputWeights: Floats, hidden: Int, input: Int, _ extents: CellExtents,
    into destination: Floats, groups: Range<Int>)

  /// Groups of so many hidden units.
  static func gateGroups(_ hidden: Int, _ extents: CellExtents) -> Int

  /// Elements that ``packGates(hiddenWeights:inputWeights:hidden:input:_:into:groups:)`` writes.
  static func packedGateCount(hidden: Int, input: Int, _ extents: CellExtents) -> Int

  /// Packs rows `depthRange` of both weight matrices side by side, for ``recurrentBackward(_:)``.
  ///
  /// Along K come P blocks of H rows: the separate gates for the hidden state alone, the joint gates for
  /// both, the separate ones for the input alone. What a matrix has no rows for is zero.
  ///
  /// - Parameters:
  ///   - hiddenWeights: `[G·H, H]`
  ///   - inputWeights: `[G·H, C]`, where given.
  ///   - destination: `[panels][P·H][panelWidth]`
  static func packBeside(
    hiddenWeights: Floats, inputWeights: Floats?, hidden: Int, input: Int, _ extents: CellExtents,
    into destination: Floats, depthRange: Range<Int>)

  static func recurrentForward(_ tile: RecurrentForwardTile)
  static func recurrentBackward(_ tile: RecurrentBackwardTile)

  // MARK: Elements

  static func fill(_ output: FloatRows, columns: Int, rows: Range<Int>, with value: Float)

  /// Row r of the output is, or gains, row r % inputRows of the input.
  static func copy(
    _ input: FloatRows, inputRows: Int, into output: FloatRows, columns: Int, rows: Range<Int>,
    accumulate: Bool)

  /// `output = inputScale · input + outputScale · output` over `count` elements.
  static func combine(
    _ input: Floats, scale inputScale: Float, into output: Floats, outputScale: Float, count: Int)

  static func activate(
    _ function: VectorFunction, _ input: FloatRows, into output: FloatRows, columns: Int,
    rows: Range<Int>)

  /// An activation's gradient, from what it gave.
  static func differentiate(
    _ function: VectorFunction, output: FloatRows, outputGradient: FloatRows,
    into inputGradient: FloatRows, columns: Int, rows: Range<Int>, accumulate: Bool)

  /// Element i of the stream, i taken modulo the period, decides.
  ///
  /// - Parameters:
  ///   - scale: What elements that stay are multiplied by.
  ///   - period: Elements after which the mask repeats; a multiple of the columns.
  static func dropout(
    _ input: FloatRows, into output: FloatRows, columns: Int, rows: Range<Int>,
    words: DropoutWords, scale: Float, period: Int, accumulate: Bool)

  /// Applies a function to `count` elements.
  static func evaluate(
    _ function: VectorFunction, _ input: Floats, _ output: Floats, _ count: Int)

  // MARK: Sums

  /// Rows n of `output[n] = Σ_t input[t · batch + n]`.
  static func sumOverSteps(
    _ input: FloatRows, steps: Int, batch: Int, into output: FloatRows, columns: Int,
    rows: Range<Int>, accumulate: Bool)

  /// `output[j] = Σ_r input[r, j]` over `rows`.
  static func columnSum(
    _ input: FloatRows, rows: Range<Int>, columns: Int, into output: Floats, accumulate: Bool)

  /// Σ x² of a run: lanes in single precision over short stretches, these in double.
  static func sumOfSquares(_ start: Floats, _ count: Int) -> Double

  /// Rows u of `output[u] = Σ_i input[positions[i]]` over `starts[u] ..< starts[u + 1]`, in the
  /// order of i.
  static func sumRows(
    _ input: FloatRows, positions: Integers, starts: Integers, into output: FloatRows,
    columns: Int, rows: Range<Int>)

  // MARK: Indices

  /// The position of the first index outside `0 ..< limit`, or −1.
  static func firstOutside(_ start: Integers, _ count: Int, below limit: Int) -> Int

  /// The position of the first element that is less than the one before it, or −1.
  static func firstDisorder(_ start: Integers, _ count: Int) -> Int

  /// `output[r] = source[indices[r]]`. Elements are moved as they are, whatever they mean, unless
  /// floats are to be added.
  ///
  /// - Parameter ignored: The index whose row is zero; negative where there is none.
  static func gather(
    _ source: Floats, indices: Integers, into output: FloatRows, columns: Int, rows: Range<Int>,
    ignoring ignored: Int32, accumulate: Bool)

  /// `output[indices[r]] += input[r]` in the order of r, for those of `count` indices that are `part`
  /// modulo `parts`, a power of two: whatever it is, every element is summed in the same order.
  ///
  /// - Parameter ignored: The index whose rows are left out; negative where there is none.
  static func scatter(
    _ input: FloatRows, indices: Integers, count: Int, into output: Floats, columns: Int,
    part: Int, of parts: Int, ignoring ignored: Int32)

  /// Steps `steps` of windows cut out of a data set `[S, D, F]`, less `shift` and times `scale`.
  ///
  /// - Parameters:
  ///   - sourceSteps: D.
  ///   - features: F.
  static func gatherWindows(
    _ source: Floats, sourceSteps: Int, features: Int, series: Integers?, starts: Integers,
    offset: Int, shift: Floats?, scale: Float, into output: FloatRows, batch: Int,
    steps: Range<Int>)

  /// A run of the elements `output[t · batch + n]` of a batch of token sequences.
  ///
  /// - Parameters:
  ///   - offsets: Where each document begins in the source.
  ///   - documents: The document of each row of the batch.
  ///   - lengths: Steps of each row that are taken from its document.
  ///   - words: Which tokens are replaced; nil: none.
  ///   - elements: Begins at a multiple of 32.
  static func gatherSequences(
    _ source: Integers, offsets: Integers, documents: Integers, lengths: Integers,
    into output: Integers, batch: Int, padding: Int32, replacement: Int32, words: DropoutWords?,
    elements: Range<Int>)

  /// Rows n of `output[n] = scale · Σ values[i] · table[indices[i]]`, i over the entries of row n.
  static func bag(
    _ features: SparseRows, table: Floats, columns: Int, scale: Float, into output: FloatRows,
    rows: Range<Int>, accumulate: Bool)

  /// `tableGradient[indices[i]] += scale · values[i] · outputGradient[n]` for those indices that lie
  /// in `part`: rows n in their order, entries in theirs. Indices ascend within a document.
  static func bagGradient(
    _ features: SparseRows, outputGradient: FloatRows, batch: Int, into tableGradient: Floats,
    columns: Int, scale: Float, part: Range<Int>)

  // MARK: Pooling

  /// - Parameter winners: `[N, C]`, written by a maximum: the step that it was found at, −1 where
  ///   there is none.
  static func pool(
    _ kind: PoolKind, _ input: FloatRows, steps: Int, batch: Int, columns: Int,
    lengths: Integers?, into output: FloatRows, winners: Integers?, rows: Range<Int>)

  static func poolGradient(
    _ kind: PoolKind, outputGradient: FloatRows, steps: Int, batch: Int, columns: Int,
    lengths: Integers?, winners: Integers?, into inputGradient: FloatRows, rows: Range<Int>,
    accumulate: Bool)

  // MARK: Training

  /// Σ weight · loss and Σ weight over the tile's rows.
  static func loss(_ tile: LossTile) -> LossSums

  /// The gradient of the tile's rows: `scale` · weight · dloss/dprediction.
  static func lossGradient(_ tile: LossTile, scale: Double)

  static func optimize(_ tile: OptimizerTile)

  // MARK: Measuring

  /// `count` times twelve multiply-adds of whole vectors that do not wait for one another; nothing
  /// but registers. Returns their sum, so that they are not left out.
  static func multiplyAddChains(_ count: Int, seed: Float) -> Float
}
