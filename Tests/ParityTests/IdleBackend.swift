import SluiceCompute

/// A back end that holds memory and does no work: what passes on it tests nothing. It takes note of
/// how its input reaches each recurrent layer.
final class IdleBackend: Backend {
  private let memoryBackend: any Backend
  /// Of each forward pass of a layer-direction: whether it reads tokens, folding their embedding.
  private(set) var forwardFolds: [Bool] = []
  private(set) var backwardFolds: [Bool] = []

  init(memory: any Backend) {
    memoryBackend = memory
  }

  var device: Device { memoryBackend.device }
  var memory: MemoryUse { memoryBackend.memory }

  func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    try memoryBackend.makeBuffer(count: count, elementType: elementType)
  }

  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    try memoryBackend.write(bytes, to: tensor)
  }

  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    try memoryBackend.read(tensor, into: bytes)
  }

  func synchronize() throws(ComputeError) {}

  func execute(_ operation: Fill) {}
  func execute(_ operation: Copy) {}
  func execute(_ operation: LinearCombination) {}
  func execute(_ operation: SumOverSteps) {}
  func execute(_ operation: ColumnSum) {}
  func execute(_ operation: SumOfSquares) {}
  func execute(_ operation: MatrixProduct) {}
  func execute(_ operation: ActivationForward) {}
  func execute(_ operation: ActivationBackward) {}
  func execute(_ operation: Dropout) {}
  func execute(_ operation: RecurrentForward) { forwardFolds.append(operation.tokens != nil) }
  func execute(_ operation: RecurrentBackward) { backwardFolds.append(operation.tokens != nil) }
  func execute(_ operation: EmbeddingForward) {}
  func execute(_ operation: EmbeddingBackward) {}
  func execute(_ operation: EmbeddingBagForward) {}
  func execute(_ operation: EmbeddingBagBackward) {}
  func execute(_ operation: PoolForward) {}
  func execute(_ operation: PoolBackward) {}
  func execute(_ operation: Loss) {}
  func execute(_ operation: OptimizerStep) {}
  func execute(_ operation: GatherWindows) {}
  func execute(_ operation: GatherRows) {}
  func execute(_ operation: GatherSequences) {}

  func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    try memoryBackend.plan(for: descriptor)
  }

  func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    try memoryBackend.folds(tokens, descriptor, lengths: lengths)
  }
}
