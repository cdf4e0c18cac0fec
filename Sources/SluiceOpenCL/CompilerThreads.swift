import SluicePlatform
import Synchronization

/// Threads that compile programs, at most one for each processor of the machine, for all devices of
/// this process. They are made when there is something to compile, and end when there is nothing.
final class CompilerThreads: Sendable {
  static let shared: CompilerThreads = {
    // A driver's compiler must not lose its own globals to the end of the process under its feet.
    atexit { CompilerThreads.shared.stop() }
    return CompilerThreads(limit: max(2, min(32, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }()

  private struct State {
    /// The first of them is the next.
    var jobs: [@Sendable () -> Void] = []
    var threads = 0
    var isStopped = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// Has `job` done by some thread, soon; jobs begin in the order in which they come.
  func run(_ job: @escaping @Sendable () -> Void) {
    let needsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.threads < limit, !state.isStopped else { return false }
      state.threads += 1
      return true
    }
    guard needsThread else { return }
    // Where the system gives none, the caller does the work.
    if !begin() { work() }
  }

  /// Lets what has begun come to its end, and begins nothing more.
  ///
  /// - Parameter patience: Seconds. A compiler that takes longer hangs, and is left behind.
  func stop(patience: Double = 30) {
    state.withLock {
      $0.isStopped = true
      $0.jobs = []
    }
    let end = ContinuousClock.now + .seconds(patience)
    while state.withLock({ $0.threads > 0 }), ContinuousClock.now < end { usleep(1000) }
  }

  fileprivate func work() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.jobs.isEmpty else {
        state.threads -= 1
        return nil
      }
      return state.jobs.removeFirst()
    }
  }

  private func begin() -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    // Compilers recurse; not every C library gives threads more than some KiB.
    pthread_attr_setstacksize(&attributes, 16 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let threads = Unmanaged.passRetained(self)
    let status = pthread_create(&thread, &attributes, compile, threads.toOpaque())
    if status != 0 { threads.release() }
    return status == 0
  }
}

private func compile(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<CompilerThreads>.fromOpaque(argument).takeRetainedValue().work()
  return nil
}
