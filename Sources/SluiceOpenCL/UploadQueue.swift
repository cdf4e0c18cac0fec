import COpenCL
import SluiceCompute

/// Copies from the host that do not wait: the bytes stand in memory of ours until the device has
/// taken them.
final class UploadQueue {
  private struct Upload {
    var event: OpaquePointer
    var staging: UnsafeMutableRawPointer
    var size: Int
  }

  private let session: OpenCLSession
  private var pending: [Upload] = []
  private var pendingBytes = 0

  /// Beyond this much in flight, an upload waits.
  private static let limit = 64 << 20

  init(_ session: OpenCLSession) {
    self.session = session
  }

  deinit {
    // A device that has failed may still be at its work: what it reads from is then never let go of.
    if pending.isEmpty || session.functions.finish(session.queue) == CL_SUCCESS { releaseAll() }
  }

  /// Enqueues a copy. `source` may be let go of on return.
  func write(
    _ source: UnsafeRawPointer, _ size: Int, to memory: OpaquePointer, at offset: Int
  ) throws(ComputeError) {
    let functions = session.functions
    releaseDone()
    guard pendingBytes + size <= Self.limit else {
      let status = functions.enqueueWriteBuffer(
        session.queue, memory, 1, offset, size, source, 0, nil, nil)
      try OpenCLStatus.check(status, "clEnqueueWriteBuffer", "the device cannot be written to")
      return
    }
    let staging = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    staging.copyMemory(from: source, byteCount: size)
    var event: OpaquePointer?
    let status = functions.enqueueWriteBuffer(
      session.queue, memory, 0, offset, size, staging, 0, nil, &event)
    guard status == CL_SUCCESS, let event else {
      staging.deallocate()
      throw OpenCLStatus(status).error("clEnqueueWriteBuffer", "the device cannot be written to")
    }
    pending.append(Upload(event: event, staging: staging, size: size))
    pendingBytes += size
    _ = functions.flush(session.queue)
  }

  /// Lets go of all: the queue is empty.
  func releaseAll() {
    for upload in pending { release(upload) }
    pending = []
  }

  /// Lets go of what the device has taken, oldest first.
  private func releaseDone() {
    var done = 0
    while done < pending.count, isDone(pending[done].event) {
      release(pending[done])
      done += 1
    }
    pending.removeFirst(done)
  }

  private func isDone(_ event: OpaquePointer) -> Bool {
    var status: cl_int = 1
    let size = MemoryLayout<cl_int>.size
    let call = session.functions.getEventInfo(
      event, CL_EVENT_COMMAND_EXECUTION_STATUS, size, &status, nil)
    return call == CL_SUCCESS && status <= CL_COMPLETE
  }

  private func release(_ upload: Upload) {
    _ = session.functions.releaseEvent(upload.event)
    upload.staging.deallocate()
    pendingBytes -= upload.size
  }
}
