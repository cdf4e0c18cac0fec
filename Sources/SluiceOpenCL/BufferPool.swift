import COpenCL
import SluiceCompute

/// Device memory by size class: what is let go of is kept for the next who asks for as much.
///
/// The queue is in order, so memory may be handed on while work on it is still to be done: whoever
/// gets it comes later in the queue.
final class BufferPool {
  let session: OpenCLSession
  private let queue: CommandQueue
  private var free: [Int: [OpaquePointer]] = [:]
  private(set) var use = MemoryUse()
  /// Bytes in `free`.
  private var kept = 0
  private let reusesMemory: Bool

  init(_ queue: CommandQueue, reusesMemory: Bool = true) {
    session = queue.session
    self.queue = queue
    self.reusesMemory = reusesMemory
  }

  deinit {
    releaseFree()
  }

  /// Memory for `count` elements of four bytes.
  ///
  /// Never holds more than the device's memory, also where a driver would give more: such memory is
  /// the host's, or another process's that then fails.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory`, after what was kept has been given back to the
  ///   driver and the request tried once more.
  func take(_ count: Int) throws(ComputeError) -> DeviceMemory {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
    guard count >= 0, !overflow, bytes < Int.max / 4 else { throw exhausted(Int.max, nil) }
    let sizeClass = reusesMemory ? Self.sizeClass(bytes) : max(4, bytes)
    var handle = reusesMemory ? free[sizeClass]?.popLast() : nil
    if handle != nil {
      kept -= sizeClass
    } else {
      let limit = session.device.device.globalMemory
      guard sizeClass <= session.device.capabilities.largestAllocation,
        sizeClass <= limit - use.current
      else { throw exhausted(bytes, nil) }
      var status = CL_MEM_OBJECT_ALLOCATION_FAILURE
      if sizeClass <= limit - use.current - kept { status = allocate(sizeClass, &handle) }
      if handle == nil {
        try queue.finish()
        releaseFree()
        status = allocate(sizeClass, &handle)
      }
      if handle == nil { throw exhausted(bytes, OpenCLStatus(status)) }
    }
    guard let handle else { throw exhausted(bytes, nil) }
    use.current += sizeClass
    use.peak = max(use.peak, use.current)
    return DeviceMemory(handle: handle, sizeClass: sizeClass, pool: self)
  }

  fileprivate func give(_ handle: OpaquePointer, _ sizeClass: Int) {
    use.current -= sizeClass
    kept += sizeClass
    free[sizeClass, default: []].append(handle)
  }

  /// Eight classes to an octave: at most an eighth is wasted.
  static func sizeClass(_ bytes: Int) -> Int {
    let least = max(bytes, 512)
    let step = 1 << max(6, Int.bitWidth - least.leadingZeroBitCount - 4)
    return (least + step - 1) / step * step
  }

  private func allocate(_ bytes: Int, _ handle: inout OpaquePointer?) -> cl_int {
    var status = CL_SUCCESS
    handle = session.functions.createBuffer(
      session.context, cl_bitfield(CL_MEM_READ_WRITE), bytes, nil, &status)
    return status
  }

  private func releaseFree() {
    for handle in free.values.joined() { _ = session.functions.releaseMemObject(handle) }
    free = [:]
    kept = 0
  }

  private func exhausted(_ bytes: Int, _ status: OpenCLStatus?) -> ComputeError {
    let device = session.device
    return ComputeError(
      .outOfMemory,
      "no memory for \(bytes.mebibytes) on \(device.device.id): \(use.current.mebibytes) of its "
        + "\(device.device.globalMemory.mebibytes) are in use, and one allocation may have "
        + device.capabilities.largestAllocation.mebibytes,
      remedy: "Use a smaller batch, fewer steps or a smaller model.",
      cause: status.map { "clCreateBuffer: \($0)" })
  }
}

/// A stretch of device memory; goes back to its pool when let go of.
final class DeviceMemory {
  let handle: OpaquePointer
  private let sizeClass: Int
  private let pool: BufferPool

  fileprivate init(handle: OpaquePointer, sizeClass: Int, pool: BufferPool) {
    self.handle = handle
    self.sizeClass = sizeClass
    self.pool = pool
  }

  deinit {
    pool.give(handle, sizeClass)
  }
}

/// A buffer in device memory.
final class OpenCLBuffer: Buffer {
  let count: Int
  let elementType: ElementType
  let owner: ObjectIdentifier
  let memory: DeviceMemory

  init(count: Int, elementType: ElementType, owner: ObjectIdentifier, memory: DeviceMemory) {
    self.count = count
    self.elementType = elementType
    self.owner = owner
    self.memory = memory
  }
}
