import COpenCL
import SluiceCompute
import Synchronization

/// A context and an in-order queue on one device. Lives as long as memory or programs of it do.
///
/// Nothing of it changes, and OpenCL's functions may be called from any thread; launches come from one.
final class OpenCLSession: @unchecked Sendable {
  let device: OpenCLDevice
  let functions: OpenCLFunctions
  let context: OpaquePointer
  let queue: OpaquePointer
  /// Told of every wait; nil where nobody asked.
  private let watch = Mutex<WaitWatch?>(nil)

  init(_ device: OpenCLDevice) throws(ComputeError) {
    self.device = device
    functions = device.functions
    var handle: OpaquePointer? = device.handle
    var status = CL_SUCCESS
    let what = "\(device.device.id) (\(device.device.name)) cannot be opened"
    let context = device.functions.createContext(nil, 1, &handle, nil, nil, &status)
    guard let context, status == CL_SUCCESS else {
      throw OpenCLStatus(status).error("clCreateContext", what)
    }
    let queue = device.functions.createCommandQueue(context, device.handle, 0, &status)
    guard let queue, status == CL_SUCCESS else {
      _ = device.functions.releaseContext(context)
      throw OpenCLStatus(status).error("clCreateCommandQueue", what)
    }
    self.context = context
    self.queue = queue
  }

  deinit {
    watch.withLock { $0?.close() }
    _ = functions.finish(queue)
    _ = functions.releaseCommandQueue(queue)
    _ = functions.releaseContext(context)
  }

  /// Waits until the queue is empty.
  func finish() throws(ComputeError) {
    try wait("clFinish") { functions.finish(queue) }
  }

  /// Copies from the device to the host, when all that comes before has been done.
  func read(
    _ memory: OpaquePointer, at offset: Int, _ size: Int, into target: UnsafeMutableRawPointer
  ) throws(ComputeError) {
    try wait("clEnqueueReadBuffer") {
      functions.enqueueReadBuffer(queue, memory, 1, offset, size, target, 0, nil, nil)
    }
  }

  /// Has `tell` called with the name of the call whenever one keeps waiting for longer.
  func onLongWait(seconds: Double, _ tell: @escaping @Sendable (String) -> Void) {
    let new = WaitWatch(patience: seconds, tell)
    let old = watch.withLock { watch in
      defer { watch = new }
      return watch
    }
    old?.close()
  }

  private func wait(_ call: String, _ body: () -> cl_int) throws(ComputeError) {
    let watch = watch.withLock { $0 }
    watch?.begin(call)
    let status = body()
    watch?.end()
    try OpenCLStatus.checkWait(status, call, device.device)
  }
}
