import Sluice

/// Hands everything on to another back end and takes the time of each operation. Right where an
/// operation has been done once `execute` returns, as on the CPU.
final class TimedBackend: Backend {
  private let inner: any Backend
  private let clock = ContinuousClock()
  private var seconds: [Part: Double] = [:]

  init(_ inner: any Backend) { self.inner = inner }

  /// What took the time since this was last asked, in seconds.
  func takeTimes() -> [Part: Double] {
    defer { seconds = [:] }
    return seconds
  }

  private func time(_ part: Part, _ body: () throws(ComputeError) -> Void) throws(ComputeError) {
    let begin = clock.now
    try body()
    seconds[part, default: 0] += (clock.now - begin) / .seconds(1)
  }

  var device: Device { inner.device }
  var memory: MemoryUse { inner.memory }
  var counts: DeviceCounts? { inner.counts }

  func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    try inner.makeBuffer(count: count, elementType: elementType)
  }

  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    try inner.write(bytes, to: tensor)
  }

  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    try inner.read(tensor, into: bytes)
  }

  func synchronize() throws(ComputeError) { try inner.synchronize() }

  func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    try inner.plan(for: descriptor)
  }

  func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    try inner.folds(tokens, descriptor, lengths: lengths)
  }

  func execute(_ operation: Fill) throws(ComputeError) {
    try time(.clearing) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: Copy) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: LinearCombination) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: SumOverSteps) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: ColumnSum) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: SumOfSquares) throws(ComputeError) {
    try time(.optimizer) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: ActivationForward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: ActivationBackward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: Dropout) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: RecurrentForward) throws(ComputeError) {
    try time(.recurrentForward) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    try time(.recurrentBackward) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    try time(.embedding) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    try time(.embedding) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: PoolForward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: PoolBackward) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: Loss) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: OptimizerStep) throws(ComputeError) {
    try time(.optimizer) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: GatherWindows) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: GatherRows) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
  func execute(_ operation: GatherSequences) throws(ComputeError) {
    try time(.other) { () throws(ComputeError) in try inner.execute(operation) }
  }
}

/// Where the time of a training step goes.
enum Part: String, Codable, CaseIterable, CodingKeyRepresentable {
  case clearing
  case embedding
  case recurrentForward = "recurrent forward"
  case recurrentBackward = "recurrent backward"
  /// The norm of the gradients too.
  case optimizer
  /// The head and the loss, mostly.
  case other = "other operations"
  /// The tape, the trainer and the checks of operations.
  case between = "between operations"
}
