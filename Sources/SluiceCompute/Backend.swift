/// A device and its queue: memory, and the operations that training needs.
///
/// Operations run in the order in which they are enqueued. Only ``read(_:into:)`` and
/// ``synchronize()`` wait. A back end is used from one thread at a time.
///
/// Adding a back end is one folder that conforms to this protocol and passes ParityTests.
public protocol Backend: AnyObject {
  /// The device behind it.
  var device: Device { get }

  /// Bytes of device memory in use now and at most so far.
  var memory: MemoryUse { get }

  /// What the device has been asked to do so far; nil where nothing is counted.
  var counts: DeviceCounts? { get }

  // MARK: Memory

  /// Allocates device memory. What it holds is undefined.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer

  /// Copies `bytes` to the contiguous `tensor`. `bytes` may be let go of on return.
  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError)

  /// Waits for all work before it, then copies the contiguous `tensor` to `bytes`.
  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError)

  /// Waits until everything enqueued has been done.
  func synchronize() throws(ComputeError)

  // MARK: Operations. Callers use `enqueue`, which checks the operation first.

  func execute(_ operation: Fill) throws(ComputeError)
  func execute(_ operation: Copy) throws(ComputeError)
  func execute(_ operation: LinearCombination) throws(ComputeError)
  func execute(_ operation: SumOverSteps) throws(ComputeError)
  func execute(_ operation: ColumnSum) throws(ComputeError)
  func execute(_ operation: SumOfSquares) throws(ComputeError)
  func execute(_ operation: MatrixProduct) throws(ComputeError)
  func execute(_ operation: ActivationForward) throws(ComputeError)
  func execute(_ operation: ActivationBackward) throws(ComputeError)
  func execute(_ operation: Dropout) throws(ComputeError)
  func execute(_ operation: RecurrentForward) throws(ComputeError)
  func execute(_ operation: RecurrentBackward) throws(ComputeError)
  func execute(_ operation: EmbeddingForward) throws(ComputeError)
  func execute(_ operation: EmbeddingBackward) throws(ComputeError)
  func execute(_ operation: EmbeddingBagForward) throws(ComputeError)
  func execute(_ operation: EmbeddingBagBackward) throws(ComputeError)
  func execute(_ operation: PoolForward) throws(ComputeError)
  func execute(_ operation: PoolBackward) throws(ComputeError)
  func execute(_ operation: Loss) throws(ComputeError)
  func execute(_ operation: OptimizerStep) throws(ComputeError)
  func execute(_ operation: GatherWindows) throws(ComputeError)
  func execute(_ operation: GatherRows) throws(ComputeError)
  func execute(_ operation: GatherSequences) throws(ComputeError)

  /// How this device runs a recurrent layer of this description, and why so. Cached.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported` where it cannot at all.
  func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan

  /// Whether it pays to fold the embedding that a layer reads `tokens` through into its input weights.
  /// Depends on the batch and the extents alone. Callers use `shouldFold`, which checks them first.
  ///
  /// - Parameters:
  ///   - descriptor: With V.
  ///   - lengths: `[N]`; nil: all T.
  /// - Throws: ``ComputeError`` with `.indexOutOfRange`.
  /// - Note: Must not wait for the device: one that cannot look at the tokens goes by the extents.
  func folds(_ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?)
    throws(ComputeError) -> Bool
}

extension Backend {
  /// Nothing is counted.
  public var counts: DeviceCounts? { nil }
}

/// What a device has been asked to do since it was opened, counted as it happens.
public struct DeviceCounts: Hashable, Sendable {
  /// Kernels enqueued.
  public var launches = 0
  /// Times that the host waited for the device.
  public var hostWaits = 0
  /// Bytes copied from the host to the device.
  public var uploadedBytes = 0

  public init() {}
}

/// Bytes of device memory.
public struct MemoryUse: Hashable, Sendable {
  /// Held by live buffers.
  public var current: Int
  /// The most ever held by live buffers.
  public var peak: Int

  public init(current: Int = 0, peak: Int = 0) {
    self.current = current
    self.peak = peak
  }
}

/// A device as it presents itself to the user.
public struct Device: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case cpu, gpu, accelerator
  }

  /// As `--device` takes it: `cpu`, `opencl:0.0`.
  public var id: String
  public var kind: Kind
  /// For example `AMD EPYC 9654, AVX-512, 2 threads`.
  public var name: String
  /// The platform or runtime that offers it.
  public var platform: String
  public var driver: String
  public var computeUnits: Int
  /// Bytes.
  public var globalMemory: Int
  /// Bytes a work-group shares; on a CPU the second-level cache of one core.
  public var localMemory: Int
  /// Why it cannot be used; nil where it can.
  public var unusableReason: String?

  public init(
    id: String, kind: Kind, name: String, platform: String, driver: String, computeUnits: Int,
    globalMemory: Int, localMemory: Int, unusableReason: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.platform = platform
    self.driver = driver
    self.computeUnits = computeUnits
    self.globalMemory = globalMemory
    self.localMemory = localMemory
    self.unusableReason = unusableReason
  }
}
