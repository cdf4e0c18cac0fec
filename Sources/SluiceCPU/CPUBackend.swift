import SluiceCPUInterface
import SluiceCompute

import SluicePlatform

/// The CPU as a device: threads and vector units, no library behind it.
///
/// Operations are done when `enqueue` returns. Work is split into tiles that do not depend on the
/// number of threads, and every sum has a fixed order: any number of threads gives the same bits.
/// Different instruction sets may differ in the last ones.
public final class CPUBackend: Backend {
  public let device: Device
  /// What its kernels are compiled for.
  public let instructionSet: InstructionSet

  let kernels: any CPUKernels.Type
  let threads: ThreadPool
  let pool = BufferPool()
  /// Weights of a recurrent layer up to this size stay in a core's cache, see ``plan(for:)``.
  var nearWeightBytes = 768 << 10
  var plans: [RecurrentDescriptor: RecurrentPlan] = [:]

  /// Makes a back end with threads and memory of its own.
  ///
  /// - Parameters:
  ///   - threads: how many threads work; nil: one for every CPU that this process may use.
  ///   - instructionSet: nil: the widest that the processor has.
  /// - Throws: ``ComputeError`` with `.invalidArgument` for a number of threads below 1, or with
  ///   `.unsupported` for an instruction set that the processor lacks.
  public init(threads: Int? = nil, instructionSet: InstructionSet? = nil) throws(ComputeError) {
    let processor = Processor.current
    let count = threads ?? processor.threads
    guard count >= 1, count <= 1024 else {
      throw ComputeError(
        .invalidArgument, "\(count) threads", remedy: "Choose a number between 1 and 1024.")
    }
    let set = instructionSet ?? .best
    guard InstructionSet.available.contains(set) else {
      throw ComputeError(
        .unsupported, "this processor (\(processor.name)) has no \(set.displayName)",
        remedy: "Choose one of \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))."
      )
    }
    self.instructionSet = set
    self.kernels = set.kernels
    self.threads = ThreadPool(count: count)
    self.device = Device(
      id: "cpu", kind: .cpu,
      name: "\(processor.name), \(set.displayName), \(count) thread\(count == 1 ? "" : "s")",
      platform: "Sluice", driver: "", computeUnits: count, globalMemory: processor.memory,
      localMemory: processor.cache)
  }

  /// The processors that this process may run on: how many, and their numbers, `0-3,8`.
  package static var allowedProcessors: (count: Int, list: String) {
    (Processor.current.threads, Processor.current.allowed)
  }

  public var memory: MemoryUse { pool.use }

  public var ranks: any Collective = OneRank()

  /// Asked before every tile.
  public var isCancelled: (@Sendable () -> Bool)? {
    didSet { threads.isCancelled = isCancelled }
  }

  public func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    try CPUBuffer(
      count: count, elementType: elementType, owner: ObjectIdentifier(self), pool: pool)
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    let size = try checkedSize(of: tensor, bytes.count)
    guard size > 0, let source = bytes.baseAddress else { return }
    memcpy(try pointer(tensor), source, size)
  }

  public func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer)
    throws(ComputeError)
  {
    let size = try checkedSize(of: tensor, bytes.count)
    guard size > 0, let target = bytes.baseAddress else { return }
    memcpy(target, try pointer(tensor), size)
  }

  /// Nothing to wait for.
  public func synchronize() throws(ComputeError) {}

  private func checkedSize(of tensor: Tensor, _ bytes: Int) throws(ComputeError) -> Int {
    let size = tensor.count * tensor.elementType.byteCount
    guard
      tensor.isContiguous, size <= bytes, tensor.offset >= 0, tensor.end <= tensor.buffer.count
    else {
      throw ComputeError(
        .shapeMismatch, "\(bytes) bytes on the host for the tensor \(tensor.shape) of \(size)")
    }
    return size
  }

  // MARK: Access to tensors

  private func pointer(_ tensor: Tensor) throws(ComputeError) -> UnsafeMutableRawPointer {
    guard let buffer = tensor.buffer as? CPUBuffer, buffer.owner == ObjectIdentifier(self) else {
      throw ComputeError(
        .invalidArgument, "the tensor \(tensor.shape) belongs to another device",
        remedy: "Read it there and write it here.")
    }
    return buffer.block.start + tensor.offset * 4
  }

  func floats(_ tensor: Tensor) throws(ComputeError) -> Floats {
    try pointer(tensor).assumingMemoryBound(to: Float.self)
  }

  func floats(_ tensor: Tensor?) throws(ComputeError) -> Floats? {
    guard let tensor else { return nil }
    return try floats(tensor)
  }

  func integers(_ tensor: Tensor) throws(ComputeError) -> Integers {
    try pointer(tensor).assumingMemoryBound(to: Int32.self)
  }

  func integers(_ tensor: Tensor?) throws(ComputeError) -> Integers? {
    guard let tensor else { return nil }
    return try integers(tensor)
  }

  func rows(_ tensor: Tensor) throws(ComputeError) -> FloatRows {
    FloatRows(try floats(tensor), stride: tensor.rowStride)
  }

  func rows(_ tensor: Tensor?) throws(ComputeError) -> FloatRows? {
    guard let tensor else { return nil }
    return try rows(tensor)
  }

  /// Memory for the time of one operation.
  func scratch(_ count: Int) throws(ComputeError) -> Scratch {
    try Scratch(count, from: pool)
  }

  /// Runs `body` over `count` rows in tiles of about `elements` elements, whatever the threads.
  ///
  /// - Parameter fromEnd: Whether the last tiles come first, of which a pass before has left the most
  ///   in the caches.
  func forRows(
    _ count: Int, columns: Int, elements: Int = 16384, fromEnd: Bool = false,
    _ body: (Range<Int>) -> Void
  ) {
    let size = max(1, elements / max(1, columns))
    let tiles = (count + size - 1) / size
    threads.run(tiles) { index, _ in
      let tile = fromEnd ? tiles - 1 - index : index
      body(tile * size..<min(count, (tile + 1) * size))
    }
  }
}
