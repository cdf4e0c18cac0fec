import COpenCL
import SluiceCompute

/// An argument of a kernel as the driver takes it.
struct ArgumentValue {
  /// The first `size` bytes count.
  private var bytes: UInt64 = 0
  private var size: Int
  private var isLocal = false

  /// Local memory of so many bytes.
  init(local size: Int) {
    self.size = size
    isLocal = true
  }

  /// - Precondition: a value of 8 bytes at most.
  init<Value: BitwiseCopyable>(_ value: Value) {
    size = MemoryLayout<Value>.size
    precondition(size <= MemoryLayout<UInt64>.size)
    withUnsafeMutableBytes(of: &bytes) { target in
      withUnsafeBytes(of: value) { target.copyMemory(from: $0) }
    }
  }

  func set(_ kernel: OpaquePointer, _ index: Int, _ functions: OpenCLFunctions) -> cl_int {
    if isLocal { return functions.setKernelArg(kernel, cl_uint(index), size, nil) }
    return withUnsafeBytes(of: bytes) {
      functions.setKernelArg(kernel, cl_uint(index), size, $0.baseAddress)
    }
  }
}

/// A kernel with its arguments.
struct Launch {
  var kernel: Kernel
  var arguments: [ArgumentValue]
  var groups: [Int]
  var local: [Int]
}

/// Hands commands to the driver, in the order in which they come.
///
/// A launch whose kernel is still being compiled stays behind here, and so does all that comes after it.
/// So whoever enqueues goes on, and all programs that a training step needs are compiled side by side.
/// Memory is named by its handle alone: it goes back to its pool as ever, since whoever gets it comes
/// later in this order too, and the driver gets none back before ``finish()``.
final class CommandQueue {
  private enum Command {
    case launch(Launch)
    case write([UInt8], to: OpaquePointer, at: Int)
  }

  let session: OpenCLSession
  private let uploads: UploadQueue
  private var pending: [Command] = []
  private var pendingBytes = 0
  /// Called when a wait for compilers has taken ``patience`` seconds, once.
  var onLongWait: (() -> Void)?
  /// Seconds.
  var patience = 2.0
  /// Commands that are held back at most.
  private static let most = 4096
  /// Beyond so many bytes held back, a write waits for the compilers.
  private static let limit = 64 << 20

  init(_ session: OpenCLSession) {
    self.session = session
    uploads = UploadQueue(session)
  }

  /// Whether everything has been handed to the driver.
  var isEmpty: Bool { pending.isEmpty }

  /// - Throws: ``ComputeError`` with `.deviceFailure` where the driver refuses it, or an earlier one.
  func enqueue(_ launch: Launch) throws(ComputeError) {
    try advance(waits: pending.count >= Self.most)
    if pending.isEmpty, launch.kernel.program.isDone {
      try hand(launch)
    } else {
      pending.append(.launch(launch))
    }
  }

  /// Copies bytes of the host to device memory. They may be let go of on return.
  ///
  /// - Throws: as ``enqueue(_:)``.
  func write(
    _ source: UnsafeRawPointer, _ size: Int, to memory: OpaquePointer, at offset: Int
  ) throws(ComputeError) {
    try advance(waits: pendingBytes + size > Self.limit)
    guard !pending.isEmpty else {
      return try uploads.write(source, size, to: memory, at: offset)
    }
    let bytes = [UInt8](UnsafeRawBufferPointer(start: source, count: size))
    pending.append(.write(bytes, to: memory, at: offset))
    pendingBytes += size
  }

  /// Hands everything to the driver; waits for compilers where it has to.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`, where a kernel does not compile with the
  ///   compiler's log. The launches behind it are given up.
  func flush() throws(ComputeError) {
    try advance(waits: true)
  }

  /// Waits until everything has been done.
  ///
  /// - Throws: as ``flush()``.
  func finish() throws(ComputeError) {
    try flush()
    try session.finish()
  }

  /// Lets go of what was written: the driver has done everything.
  func releaseWrites() {
    if pending.isEmpty { uploads.releaseAll() }
  }

  private func advance(waits: Bool) throws(ComputeError) {
    guard !pending.isEmpty else { return }
    var handed = 0
    var failure: ComputeError?
    let end = ContinuousClock.now + .seconds(patience)
    while handed < pending.count {
      if case .launch(let launch) = pending[handed], failure == nil {
        if waits {
          wait(for: launch.kernel.program, until: end)
        } else if !launch.kernel.program.isDone {
          break
        }
      }
      do throws(ComputeError) {
        switch pending[handed] {
        case .launch(let launch): if failure == nil { try hand(launch) }
        // What was written is there also where what was to be done with it is not: others know of it.
        case .write(let bytes, let memory, let offset): try write(bytes, memory, offset)
        }
      } catch {
        failure = failure ?? error
      }
      handed += 1
    }
    pending.removeFirst(handed)
    if pending.isEmpty { pendingBytes = 0 }
    if let failure { throw failure }
  }

  private func wait(for program: ProgramBuild, until end: ContinuousClock.Instant) {
    guard let onLongWait, !program.isDone else { return }
    let left = (end - ContinuousClock.now) / .seconds(1)
    guard left <= 0 || !program.wait(seconds: left) else { return }
    onLongWait()
    self.onLongWait = nil
  }

  private func write(_ bytes: [UInt8], _ memory: OpaquePointer, _ offset: Int)
    throws(ComputeError)
  {
    let result: Result<Void, ComputeError> = bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return .success(()) }
      do throws(ComputeError) {
        return .success(try uploads.write(start, source.count, to: memory, at: offset))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func hand(_ launch: Launch) throws(ComputeError) {
    let functions = session.functions
    let kernel = try launch.kernel.handle()
    let declaration = launch.kernel.declaration
    for (index, argument) in launch.arguments.enumerated() {
      try OpenCLStatus.check(
        argument.set(kernel, index, functions), "clSetKernelArg",
        "argument \(index) of \(declaration.name) in \(declaration.file) is refused")
    }
    let global = zip(launch.groups, launch.local).map { $0 * $1 }
    let status = functions.enqueueNDRangeKernel(
      session.queue, kernel, cl_uint(global.count), nil, global, launch.local, 0, nil, nil)
    try OpenCLStatus.check(
      status, "clEnqueueNDRangeKernel",
      "\(session.device.device.id) cannot run \(declaration.name) of \(declaration.file)")
  }
}
