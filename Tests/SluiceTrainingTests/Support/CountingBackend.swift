import SluiceCompute

/// Hands everything on to another back end and counts how often the host waits for it.
final class CountingBackend: Backend {
  private let inner: any Backend
  private(set) var waits = 0

  init(_ inner: any Backend) { self.inner = inner }

  var device: Device { inner.device }
  var memory: MemoryUse { inner.memory }

  func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    try inner.makeBuffer(count: count, elementType: elementType)
  }

  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    try inner.write(bytes, to: tensor)
  }

  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    waits += 1
    try inner.read(tensor, into: bytes)
  }

  func synchronize() throws(ComputeError) {
    waits += 1
    try inner.synchronize()
  }

  func execute(_ operation: Fill) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: Copy) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: LinearCombination) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: SumOverSteps) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: ColumnSum) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: SumOfSquares) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: MatrixProduct) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: ActivationForward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: ActivationBackward) throws(ComputeError) {
    try inner.execute(operation)
  }
  func execute(_ operation: Dropout) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: RecurrentForward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: RecurrentBackward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: EmbeddingForward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: EmbeddingBackward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    try inner.execute(operation)
  }
  func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    try inner.execute(operation)
  }
  func execute(_ operation: PoolForward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: PoolBackward) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: Loss) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: OptimizerStep) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: GatherWindows) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: GatherRows) throws(ComputeError) { try inner.execute(operation) }
  func execute(_ operation: GatherSequences) throws(ComputeError) { try inner.execute(operation) }

  func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    try inner.plan(for: descriptor)
  }

  func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    try inner.folds(tokens, descriptor, lengths: lengths)
  }
}
