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

  /// Asked while operations run, by any thread: once true, they are refused with `.cancelled`, and one in
  /// progress may end early, its results undefined. Nil: never.
  var isCancelled: (@Sendable () -> Bool)? { get set }

  /// The processes that train together with this one, each on a back end of its own: they share out the
  /// micro-batches of a step, and the batches of inference.
  var ranks: any Collective { get set }

  // MARK: Kernels

  /// Which kernels it runs where it has several that do the same. Those that it does not know are left
  /// out of account.
  var kernelChoices: KernelChoices { get set }

  /// Why the choices that were kept on this machine cannot be used; nil where nothing is wrong.
  var kernelChoicesRemark: String? { get }

  /// Measures the kernels that can run a recurrent layer, takes the fastest and keeps the choice for
  /// later runs on this machine. What was chosen before is measured again with `.all` only.
  ///
  /// - Returns: What was measured; empty where there is nothing to choose, or too little to gain.
  /// - Note: Waits for the device.
  func tune(_ descriptor: RecurrentDescriptor, _ scope: TuningScope) throws(ComputeError)
    -> [KernelMeasurement]

  /// Forgets what was chosen on this machine, here and for later runs.
  func forgetKernelChoices()

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

  /// Carries out `Fill`.
  func execute(_ operation: Fill) throws(ComputeError)
  /// Carries out `Copy`.
  func execute(_ operation: Copy) throws(ComputeError)
  /// Carries out `Concatenate`.
  func execute(_ operation: Concatenate) throws(ComputeError)
  /// Carries out `ColumnsToSteps`.
  func execute(_ operation: ColumnsToSteps) throws(ComputeError)
  /// Carries out `LinearCombination`.
  func execute(_ operation: LinearCombination) throws(ComputeError)
  /// Carries out `SumOverSteps`.
  func execute(_ operation: SumOverSteps) throws(ComputeError)
  /// Carries out `ColumnSum`.
  func execute(_ operation: ColumnSum) throws(ComputeError)
  /// Carries out `SumOfSquares`.
  func execute(_ operation: SumOfSquares) throws(ComputeError)
  /// Carries out `MatrixProduct`.
  func execute(_ operation: MatrixProduct) throws(ComputeError)
  /// Carries out `LinearBackward`.
  func execute(_ operation: LinearBackward) throws(ComputeError)
  /// Carries out `ActivationForward`.
  func execute(_ operation: ActivationForward) throws(ComputeError)
  /// Carries out `ActivationBackward`.
  func execute(_ operation: ActivationBackward) throws(ComputeError)
  /// Carries out `Dropout`.
  func execute(_ operation: Dropout) throws(ComputeError)
  /// Carries out `RecurrentForward`.
  func execute(_ operation: RecurrentForward) throws(ComputeError)
  /// Carries out `RecurrentBackward`.
  func execute(_ operation: RecurrentBackward) throws(ComputeError)
  /// Carries out `BidirectionalForward`; in turn where a back end has nothing better.
  func execute(_ operation: BidirectionalForward) throws(ComputeError)
  /// Carries out `BidirectionalBackward`; in turn where a back end has nothing better.
  func execute(_ operation: BidirectionalBackward) throws(ComputeError)
  /// Carries out `EmbeddingForward`.
  func execute(_ operation: EmbeddingForward) throws(ComputeError)
  /// Carries out `EmbeddingBackward`.
  func execute(_ operation: EmbeddingBackward) throws(ComputeError)
  /// Carries out `EmbeddingBagForward`.
  func execute(_ operation: EmbeddingBagForward) throws(ComputeError)
  /// Carries out `EmbeddingBagBackward`.
  func execute(_ operation: EmbeddingBagBackward) throws(ComputeError)
  /// Carries out `ColumnTokensForward`.
  func execute(_ operation: ColumnTokensForward) throws(ComputeError)
  /// Carries out `ColumnTokensBackward`.
  func execute(_ operation: ColumnTokensBackward) throws(ComputeError)
  /// Carries out `PoolForward`.
  func execute(_ operation: PoolForward) throws(ComputeError)
  /// Carries out `PoolBackward`.
  func execute(_ operation: PoolBackward) throws(ComputeError)
  /// Carries out `Loss`.
  func execute(_ operation: Loss) throws(ComputeError)
  /// Carries out `OptimizerStep`.
  func execute(_ operation: OptimizerStep) throws(ComputeError)
  /// Carries out `GatherWindows`.
  func execute(_ operation: GatherWindows) throws(ComputeError)
  /// Carries out `GatherRows`.
  func execute(_ operation: GatherRows) throws(ComputeError)
  /// Carries out `GatherSequences`.
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

  /// Operations run to their end.
  public var isCancelled: (@Sendable () -> Bool)? {
    get { nil }
    set { _ = newValue }
  }

  /// This process alone.
  public var ranks: any Collective {
    get { OneRank() }
    set { _ = newValue }
  }

  /// There is nothing to choose.
  public var kernelChoices: KernelChoices {
    get { KernelChoices() }
    set { _ = newValue }
  }

  /// Nothing is wrong.
  public var kernelChoicesRemark: String? { nil }

  /// There is nothing to choose.
  public func tune(_ descriptor: RecurrentDescriptor, _ scope: TuningScope) throws(ComputeError)
    -> [KernelMeasurement]
  {
    []
  }

  /// There is nothing to forget.
  public func forgetKernelChoices() {}
}

/// What a device has been asked to do since it was opened, counted as it happens.
public struct DeviceCounts: Hashable, Sendable {
  /// Kernels enqueued.
  public var launches = 0
  /// Times that the host waited for the device.
  public var hostWaits = 0
  /// Bytes copied from the host to the device.
  public var uploadedBytes = 0

  /// Nothing counted yet.
  public init() {}
}

/// Bytes of device memory.
public struct MemoryUse: Hashable, Sendable {
  /// Held by live buffers.
  public var current: Int
  /// The most ever held by live buffers.
  public var peak: Int

  /// In bytes.
  public init(current: Int = 0, peak: Int = 0) {
    self.current = current
    self.peak = peak
  }
}

/// A device as it presents itself to the user.
public struct Device: Hashable, Sendable {
  /// What it is.
  public enum Kind: String, Hashable, Sendable {
    /// As its driver says.
    case cpu, gpu, accelerator
  }

  /// As `--device` takes it: `cpu`, `opencl:0.0`.
  public var id: String
  /// What it is: `auto` prefers GPUs.
  public var kind: Kind
  /// For example `AMD EPYC 9654, AVX-512, 2 threads`.
  public var name: String
  /// The platform or runtime that offers it.
  public var platform: String
  /// The driver's version.
  public var driver: String
  /// Compute units; on a CPU, threads.
  public var computeUnits: Int
  /// Bytes.
  public var globalMemory: Int
  /// Bytes a work-group shares; on a CPU the second-level cache of one core.
  public var localMemory: Int
  /// Why it cannot be used; nil where it can.
  public var unusableReason: String?

  /// Each argument is the property of its name.
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
