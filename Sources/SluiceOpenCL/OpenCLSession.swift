import COpenCL
import SluiceCompute

/// A context and an in-order queue on one device. Lives as long as memory or programs of it do.
///
/// Nothing of it changes, and OpenCL's functions may be called from any thread; launches come from one.
final class OpenCLSession: @unchecked Sendable {
  let device: OpenCLDevice
  let functions: OpenCLFunctions
  let context: OpaquePointer
  let queue: OpaquePointer

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
    _ = functions.finish(queue)
    _ = functions.releaseCommandQueue(queue)
    _ = functions.releaseContext(context)
  }

  /// Waits until the queue is empty.
  func finish() throws(ComputeError) {
    try OpenCLStatus.check(functions.finish(queue), "clFinish", "the device failed at its work")
  }
}
