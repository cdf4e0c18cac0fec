/// A pointer to float32 elements.
public typealias Floats = UnsafeMutablePointer<Float>

/// A pointer to int32 elements: indices, lengths, classes.
public typealias Integers = UnsafeMutablePointer<Int32>

/// Rows of float32 elements: where the first starts, and how many elements apart they are.
public struct FloatRows {
  public var start: Floats
  public var stride: Int

  public init(_ start: Floats, stride: Int) {
    self.start = start
    self.stride = stride
  }
}

/// The inner loops of the CPU back end, as compiled for one instruction set.
///
/// Every kernel works on one tile of an operation. Tiles are disjoint, so that they can run on
/// different threads. Kernels may read, never write, up to ``readAhead`` elements past the end of
/// what they are given: buffers are allocated that much larger.
public struct CPUKernels: Sendable {
  /// Elements past the end of a buffer that a kernel may read.
  public static let readAhead = 64

  /// Lanes of one vector.
  public let lanes: Int
  /// Columns of one packed panel.
  public let panelWidth: Int
  /// Rows that the widest product kernel handles at once.
  public let blockRows: Int

  public let pack: @Sendable (PackTile) -> Void
  public let product: @Sendable (ProductTile) -> Void
  public let reduceProduct: @Sendable (ProductReduction) -> Void
  public let packGates: @Sendable (GatePackTile) -> Void
  public let packBeside: @Sendable (BesidePackTile) -> Void
  /// Panels that ``packGates`` makes for so many hidden units.
  public let gatePanels: @Sendable (_ hidden: Int) -> Int
  public let recurrentForward: @Sendable (RecurrentForwardTile) -> Void
  public let recurrentBackward: @Sendable (RecurrentBackwardTile) -> Void

  public let fill: @Sendable (FillTile) -> Void
  public let copy: @Sendable (CopyTile) -> Void
  public let combine: @Sendable (CombineTile) -> Void
  public let activate: @Sendable (ActivationTile) -> Void
  public let differentiate: @Sendable (ActivationGradientTile) -> Void
  public let dropout: @Sendable (DropoutTile) -> Void
  public let sumOverSteps: @Sendable (StepSumTile) -> Void
  public let columnSum: @Sendable (ColumnSumTile) -> Void
  public let sumOfSquares: @Sendable (_ start: Floats, _ count: Int) -> Double
  public let firstOutside: @Sendable (_ start: Integers, _ count: Int, _ limit: Int) -> Int
  public let gather: @Sendable (GatherTile) -> Void
  public let scatter: @Sendable (ScatterTile) -> Void
  public let sumRows: @Sendable (RowSumTile) -> Void
  public let gatherWindows: @Sendable (WindowTile) -> Void
  public let gatherSequences: @Sendable (SequenceTile) -> Void
  public let firstDisorder: @Sendable (_ start: Integers, _ count: Int) -> Int
  public let bag: @Sendable (BagTile) -> Void
  public let bagGradient: @Sendable (BagGradientTile) -> Void
  public let pool: @Sendable (PoolTile) -> Void
  public let poolGradient: @Sendable (PoolGradientTile) -> Void
  public let loss: @Sendable (LossTile) -> LossSums
  public let lossGradient: @Sendable (_ tile: LossTile, _ scale: Double) -> Void
  public let optimize: @Sendable (OptimizerTile) -> Void
  /// Runs `count` times twelve independent multiply-adds of whole vectors; for measuring the peak.
  public let multiplyAddChains: @Sendable (_ count: Int, _ seed: Float) -> Float
  /// Applies one vector function to `count` elements; for tests of the functions themselves.
  public let evaluate: @Sendable (VectorFunction, _ input: Floats, _ output: Floats, Int) -> Void

  public init(
    lanes: Int, panelWidth: Int, blockRows: Int,
    pack: @escaping @Sendable (PackTile) -> Void,
    product: @escaping @Sendable (ProductTile) -> Void,
    reduceProduct: @escaping @Sendable (ProductReduction) -> Void,
    packGates: @escaping @Sendable (GatePackTile) -> Void,
    packBeside: @escaping @Sendable (BesidePackTile) -> Void,
    gatePanels: @escaping @Sendable (Int) -> Int,
    recurrentForward: @escaping @Sendable (RecurrentForwardTile) -> Void,
    recurrentBackward: @escaping @Sendable (RecurrentBackwardTile) -> Void,
    fill: @escaping @Sendable (FillTile) -> Void,
    copy: @escaping @Sendable (CopyTile) -> Void,
    combine: @escaping @Sendable (CombineTile) -> Void,
    activate: @escaping @Sendable (ActivationTile) -> Void,
    differentiate: @escaping @Sendable (ActivationGradientTile) -> Void,
    dropout: @escaping @Sendable (DropoutTile) -> Void,
    sumOverSteps: @escaping @Sendable (StepSumTile) -> Void,
    columnSum: @escaping @Sendable (ColumnSumTile) -> Void,
    sumOfSquares: @escaping @Sendable (Floats, Int) -> Double,
    firstOutside: @escaping @Sendable (Integers, Int, Int) -> Int,
    gather: @escaping @Sendable (GatherTile) -> Void,
    scatter: @escaping @Sendable (ScatterTile) -> Void,
    sumRows: @escaping @Sendable (RowSumTile) -> Void,
    gatherWindows: @escaping @Sendable (WindowTile) -> Void,
    gatherSequences: @escaping @Sendable (SequenceTile) -> Void,
    firstDisorder: @escaping @Sendable (Integers, Int) -> Int,
    bag: @escaping @Sendable (BagTile) -> Void,
    bagGradient: @escaping @Sendable (BagGradientTile) -> Void,
    pool: @escaping @Sendable (PoolTile) -> Void,
    poolGradient: @escaping @Sendable (PoolGradientTile) -> Void,
    loss: @escaping @Sendable (LossTile) -> LossSums,
    lossGradient: @escaping @Sendable (LossTile, Double) -> Void,
    optimize: @escaping @Sendable (OptimizerTile) -> Void,
    multiplyAddChains: @escaping @Sendable (Int, Float) -> Float,
    evaluate: @escaping @Sendable (VectorFunction, Floats, Floats, Int) -> Void
  ) {
    self.lanes = lanes
    self.panelWidth = panelWidth
    self.blockRows = blockRows
    self.pack = pack
    self.product = product
    self.reduceProduct = reduceProduct
    self.packGates = packGates
    self.packBeside = packBeside
    self.gatePanels = gatePanels
    self.recurrentForward = recurrentForward
    self.recurrentBackward = recurrentBackward
    self.fill = fill
    self.copy = copy
    self.combine = combine
    self.activate = activate
    self.differentiate = differentiate
    self.dropout = dropout
    self.sumOverSteps = sumOverSteps
    self.columnSum = columnSum
    self.sumOfSquares = sumOfSquares
    self.firstOutside = firstOutside
    self.gather = gather
    self.scatter = scatter
    self.sumRows = sumRows
    self.gatherWindows = gatherWindows
    self.gatherSequences = gatherSequences
    self.firstDisorder = firstDisorder
    self.bag = bag
    self.bagGradient = bagGradient
    self.pool = pool
    self.poolGradient = poolGradient
    self.loss = loss
    self.lossGradient = lossGradient
    self.optimize = optimize
    self.multiplyAddChains = multiplyAddChains
    self.evaluate = evaluate
  }
}

/// The functions that kernels compute lane by lane.
public enum VectorFunction: Sendable {
  case identity, sigmoid, tanh, relu, exponential, squareRoot, logarithm, logarithmOfOnePlus
}
