import SluicePlatform
import Synchronization

/// Tells when a call keeps the host waiting for the device for long: a driver that hangs says nothing.
final class WaitWatch: Sendable {
  private struct State {
    var call: String?
    var end = ContinuousClock.now
    var isClosed = false
  }

  private let state = Mutex(State())
  private let patience: Double
  private let tell: @Sendable (String) -> Void

  /// - Parameters:
  ///   - patience: Seconds.
  ///   - tell: Is given the call's name, once for each wait, on a thread of its own.
  init(patience: Double, _ tell: @escaping @Sendable (String) -> Void) {
    self.patience = patience
    self.tell = tell
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let watch = Unmanaged.passRetained(self)
    // Without a thread nobody is told.
    if pthread_create(&thread, &attributes, watchWaits, watch.toOpaque()) != 0 { watch.release() }
  }

  /// A call begins to wait.
  func begin(_ call: String) {
    state.withLock {
      $0.call = call
      $0.end = ContinuousClock.now + .seconds(patience)
    }
  }

  /// It has come back.
  func end() {
    state.withLock { $0.call = nil }
  }

  /// Nobody waits any more: the thread ends.
  func close() {
    state.withLock { $0.isClosed = true }
  }

  fileprivate func watch() {
    while state.withLock({ !$0.isClosed }) {
      let late: String? = state.withLock {
        guard let call = $0.call, ContinuousClock.now >= $0.end else { return nil }
        $0.call = nil
        return call
      }
      if let late { tell(late) }
      usleep(UInt32(min(0.5, patience / 2) * 1e6))
    }
  }
}

private func watchWaits(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<WaitWatch>.fromOpaque(argument).takeRetainedValue().watch()
  return nil
}
