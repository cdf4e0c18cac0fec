import COpenCL
import SluiceCompute
import SluicePlatform
import Synchronization

/// A program that is, or is going to be, compiled by some thread.
///
/// OpenCL's handles may be used from any thread. What came of it is written once, before the latch opens,
/// and read only after.
final class ProgramBuild: @unchecked Sendable {

  private let text: String
  private let options: [String: Int]
  private let file: String
  private let compiler: ProgramCompiler
  private var outcome: Result<OpaquePointer, ComputeError>?
  private let isCancelled = Atomic<Bool>(false)
  private let done = Latch()

  init(_ text: String, _ options: [String: Int], file: String, _ compiler: ProgramCompiler) {
    self.text = text
    self.options = options
    self.file = file
    self.compiler = compiler
  }

  deinit {
    if isDone, case .success(let program) = outcome { _ = functions.releaseProgram(program) }
  }

  var functions: OpenCLFunctions { compiler.session.functions }

  /// Whether it has been compiled, or cannot be.
  var isDone: Bool { done.isOpen }

  /// Whether it cannot be compiled.
  var hasFailed: Bool {
    if isDone, case .failure = outcome { true } else { false }
  }

  /// Compiles it, on the thread that calls.
  func run() {
    defer { done.open() }
    guard !isCancelled.load(ordering: .relaxed) else { return }
    do throws(ComputeError) {
      outcome = .success(try compiler.build(Array(text.utf8), options, file: file))
    } catch {
      outcome = .failure(error)
    }
  }

  /// Nobody needs it any more: it is not begun unless it has been.
  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
  }

  /// Waits, for so many seconds at most.
  ///
  /// - Returns: whether it is done.
  func wait(seconds: Double) -> Bool {
    done.wait(seconds: seconds)
  }

  /// The compiled program. Waits for it.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`, and the compiler's log as its cause.
  func result() throws(ComputeError) -> OpaquePointer {
    while !done.wait(seconds: 60) {}
    guard let outcome else {
      throw ComputeError(.deviceFailure, "\(file) was not compiled: the device has been closed")
    }
    return try outcome.get()
  }
}

/// Opens once; who waits for it sleeps.
private final class Latch: @unchecked Sendable {
  private let isSet = Atomic<Bool>(false)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  var isOpen: Bool { isSet.load(ordering: .acquiring) }

  func open() {
    pthread_mutex_lock(mutex)
    isSet.store(true, ordering: .releasing)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// - Returns: whether it is open.
  func wait(seconds: Double) -> Bool {
    if isOpen { return true }
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let whole = Int(seconds)
    let nanoseconds = end.tv_nsec + Int((seconds - Double(whole)) * 1e9)
    end.tv_sec += whole + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isOpen {
      if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return isOpen }
    }
    return true
  }
}
