/// A back end that hands everything on to another one, and looks at it on the way: counts, times,
/// leaves out.
public protocol BackendDecorator: Backend {
  /// Who does the work.
  var inner: any Backend { get }

  /// Hands an operation on; it has been checked.
  func perform(_ operation: some Operation) throws(ComputeError)
}

extension BackendDecorator {
  public var device: Device { inner.device }
  public var memory: MemoryUse { inner.memory }
  /// As the one that does the work counts.
  public var counts: DeviceCounts? { inner.counts }

  /// That of the one that does the work.
  public var isCancelled: (@Sendable () -> Bool)? {
    get { inner.isCancelled }
    set { inner.isCancelled = newValue }
  }

  /// Those of the one that does the work.
  public var ranks: any Collective {
    get { inner.ranks }
    set { inner.ranks = newValue }
  }

  /// Those of the one that does the work.
  public var kernelChoices: KernelChoices {
    get { inner.kernelChoices }
    set { inner.kernelChoices = newValue }
  }
  /// As the one that does the work says.
  public var kernelChoicesRemark: String? { inner.kernelChoicesRemark }

  /// Makes the one that does the work forget.
  public func forgetKernelChoices() { inner.forgetKernelChoices() }

  /// Measures on the one that does the work.
  public func tune(_ descriptor: RecurrentDescriptor, _ scope: TuningScope) throws(ComputeError)
    -> [KernelMeasurement]
  {
    try inner.tune(descriptor, scope)
  }

  public func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    try inner.makeBuffer(count: count, elementType: elementType)
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    try inner.write(bytes, to: tensor)
  }

  public func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer)
    throws(ComputeError)
  {
    try inner.read(tensor, into: bytes)
  }

  public func synchronize() throws(ComputeError) { try inner.synchronize() }

  public func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    try inner.plan(for: descriptor)
  }

  public func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    try inner.folds(tokens, descriptor, lengths: lengths)
  }

  public func perform(_ operation: some Operation) throws(ComputeError) {
    try operation.dispatch(to: inner)
  }

  public func execute(_ operation: Fill) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: Copy) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: Concatenate) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: ColumnsToSteps) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: LinearCombination) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: SumOverSteps) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: ColumnSum) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: SumOfSquares) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: MatrixProduct) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: LinearBackward) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: ActivationForward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: ActivationBackward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: Dropout) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: RecurrentForward) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    try perform(operation)
  }
  /// Hands both directions on together.
  public func execute(_ operation: BidirectionalForward) throws(ComputeError) {
    try perform(operation)
  }
  /// Hands both directions on together.
  public func execute(_ operation: BidirectionalBackward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: EmbeddingForward) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: ColumnTokensForward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: ColumnTokensBackward) throws(ComputeError) {
    try perform(operation)
  }
  public func execute(_ operation: PoolForward) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: PoolBackward) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: Loss) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: OptimizerStep) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: GatherWindows) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: GatherRows) throws(ComputeError) { try perform(operation) }
  public func execute(_ operation: GatherSequences) throws(ComputeError) { try perform(operation) }
}
