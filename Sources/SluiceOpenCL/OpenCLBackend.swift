import COpenCL
import SluiceCompute

/// A device behind an OpenCL driver: its memory, one in-order queue, and the kernels of Kernels/.
///
/// Operations are enqueued and return at once; only `read` and `synchronize` wait. What a kernel
/// finds wrong with its indices is reported by the next of these, and so is a kernel that does not
/// compile: kernels are compiled side by side while operations are enqueued. Every sum has a fixed order: the
/// same work on the same device gives the same bits.
public final class OpenCLBackend: Backend {
  public let device: Device
  /// What the device can do.
  public let capabilities: OpenCLCapabilities
  public var counts: DeviceCounts? { tally }
  var tally = DeviceCounts()

  let session: OpenCLSession
  private let options: OpenCLOptions
  let pool: BufferPool
  let kernels: KernelLibrary
  let queue: CommandQueue
  /// `[4]` int32: what went wrong in a kernel, where, with which value, and the limit.
  let fault: DeviceMemory
  var plans: [RecurrentDescriptor: RecurrentPlan] = [:]
  /// Small tables that operations name again and again.
  var constants: [[UInt32]: Tensor] = [:]
  /// Nil: the best of them.
  let recurrentKernels: RecurrentKernels?
  /// Whether kernels for processors are taken, rather than those for GPUs.
  let isProcessor: Bool
  /// For tests: the place of the variant to take among a layer's candidates, from the first again
  /// after the last.
  var candidate: Int?
  public var kernelChoices = KernelChoices() {
    didSet {
      plans = [:]
      variants = [:]
    }
  }
  public internal(set) var kernelChoicesRemark: String?
  public var ranks: any Collective = OneRank()
  /// Where choices are kept; nil: they are not.
  var tuning: TuningFile?
  var variants: [RecurrentPurpose: RecurrentVariant] = [:]
  /// What is still to be added to gradients.
  var joins = GradientJoins()
  /// What every product is made of, where a test wants to see it; nil: what suits its extents.
  var tile: ProductTile?

  /// Opens a device.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported` for a device that cannot be used, or with
  ///   `.deviceFailure` where the driver fails.
  public init(_ device: OpenCLDevice, options: OpenCLOptions = .fromEnvironment)
    throws(ComputeError)
  {
    if let reason = device.device.unusableReason {
      throw ComputeError(.unsupported, "\(device.device.id) cannot be used: \(reason)")
    }
    self.device = device.device
    self.options = options
    capabilities = device.capabilities
    recurrentKernels = options.recurrentKernels
    isProcessor = (options.kernelsFor ?? device.device.kind) == .cpu
    session = try OpenCLSession(device)
    queue = CommandQueue(session)
    pool = BufferPool(queue, reusesMemory: options.reusesMemory)
    kernels = KernelLibrary(
      session, cache: options.keepsPrograms && !device.keepsPrograms ? .ofUser : nil,
      compilesAside: options.compilesAside)
    tuning = options.keepsPrograms ? TuningFile(of: device) : nil
    fault = try pool.take(4)
    try clearFault()
    readChoices()
  }

  /// Opens the device of this id; `opencl` for the preferred one, `gpu` for the first usable GPU.
  ///
  /// - Throws: ``ComputeError`` with `.noDevice` or `.unsupported`.
  public convenience init(
    id: String = "opencl", options: OpenCLOptions = .fromEnvironment
  ) throws(ComputeError) {
    try self.init(OpenCLDevice.all(options).device(id), options: options)
  }

  /// Opens the same device once more, never another one, in a context of its own: also where this one has
  /// failed. Holds nothing of this back end, whose memory is free once nobody else does.
  public var reopen: () throws(ComputeError) -> OpenCLBackend {
    let (device, options) = (session.device, options)
    return { () throws(ComputeError) in try OpenCLBackend(device, options: options) }
  }

  /// Asked before and after every operation is enqueued; what is enqueued runs to its end.
  public var isCancelled: (@Sendable () -> Bool)?

  public var memory: MemoryUse { pool.use }

  /// Has `tell` called once, when work waits for the compiler for more than two seconds.
  ///
  /// - Parameter tell: is given the programs still to be compiled.
  public func onLongCompilation(_ tell: @escaping (_ programs: Int) -> Void) {
    queue.onLongWait = { [unowned kernels] in tell(kernels.unfinishedCount) }
  }

  /// Has `tell` called whenever the host has waited for the device for so long in one call.
  ///
  /// - Parameters:
  ///   - seconds: The device may be at work for as long as this, and longer: it is then just told.
  ///   - tell: Is given the name of the call, on another thread.
  public func onLongWait(
    seconds: Double = 30, _ tell: @escaping @Sendable (_ call: String) -> Void
  ) {
    session.onLongWait(seconds: seconds, tell)
  }

  // MARK: Memory

  public func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    OpenCLBuffer(
      count: count, elementType: elementType, owner: ObjectIdentifier(self),
      memory: try pool.take(count))
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    let size = try checkedSize(of: tensor, bytes.count)
    guard size > 0, let source = bytes.baseAddress else { return }
    try queue.write(source, size, to: memory(tensor).handle, at: tensor.offset * 4)
    tally.uploadedBytes += size
  }

  public func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer)
    throws(ComputeError)
  {
    let size = try checkedSize(of: tensor, bytes.count)
    let source = try memory(tensor)
    try queue.flush()
    if size > 0, let target = bytes.baseAddress {
      try session.read(source.handle, at: tensor.offset * 4, size, into: target)
    }
    try settle()
  }

  public func synchronize() throws(ComputeError) {
    try enqueueJoins()
    try queue.finish()
    try settle()
  }

  /// After a wait: lets go of what was uploaded, and turns what kernels reported into an error.
  private func settle() throws(ComputeError) {
    tally.hostWaits += 1
    var report = [Int32](repeating: 0, count: 4)
    try session.read(fault.handle, at: 0, 16, into: &report)
    queue.releaseWrites()
    guard report[0] != 0 else { return }
    try clearFault()
    throw ComputeError(indexReport: report)
  }

  private func clearFault() throws(ComputeError) {
    let zeros: [Int32] = [0, 0, 0, 0]
    let status = session.functions.enqueueWriteBuffer(
      session.queue, fault.handle, 1, 0, 16, zeros, 0, nil, nil)
    try OpenCLStatus.check(status, "clEnqueueWriteBuffer", "\(device.id) cannot be written to")
  }

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

  /// A tensor's memory, for all who are to come after what has been asked for so far.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` for a tensor of another device, with
  ///   `.deviceFailure` where joins that waited fail.
  func memory(_ tensor: Tensor) throws(ComputeError) -> DeviceMemory {
    guard let buffer = tensor.buffer as? OpenCLBuffer, buffer.owner == ObjectIdentifier(self)
    else {
      throw ComputeError(
        .invalidArgument, "the tensor \(tensor.shape) belongs to another device",
        remedy: "Read it there and write it here.")
    }
    if joins.concern(tensor) { try enqueueJoins() }
    return buffer.memory
  }
}

extension ComputeError {
  /// An index out of range, as a kernel has written it down: what, position, value, limit.
  init(indexReport report: [Int32]) {
    let (position, value, limit) = (report[1], report[2], report[3])
    if report[0] == 9 {
      self.init(
        .indexOutOfRange,
        "the feature index at position \(position) is less than the one before it",
        remedy: "Sort the features of each document.")
      return
    }
    // In the order of the numbers in common.clh.
    let names = [
      "index", "embedding index", "row", "series", "start of window", "length", "class", "offset",
      "feature index",
    ]
    let what = names.indices.contains(Int(report[0])) ? names[Int(report[0])] : names[0]
    self.init(
      .indexOutOfRange, "\(what) \(value) at position \(position), not in 0 ..< \(limit)")
  }
}
