import Synchronization

/// What the process does about signals. For programs, not for libraries: call these at the start.
package enum ProcessSignals {
  private static let interrupted = Atomic<Bool>(false)

  /// Turns a closed pipe and a file size limit from signals that kill the process into errors of
  /// the write, which can be reported.
  package static func ignoreWriteSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  private static let isHolding = Atomic<Bool>(false)
  private static let isSilent = Atomic<Bool>(false)

  /// From now on Ctrl-C, `SIGTERM` and `SIGHUP` wait while there is something to be saved first, see
  /// ``holding(_:)``: the first one is noted in ``wasInterrupted`` and answered in a line on standard
  /// error, the second one ends the process. Elsewhere the first one ends it.
  ///
  /// The signals are unblocked: a process started from a thread that blocks them inherits that. A
  /// hangup that the process was started to ignore, as by `nohup`, stays ignored.
  ///
  /// - Parameter silently: Nothing is said: a launcher of several processes ends those that are left by a
  ///   signal too, and they cannot tell why.
  package static func watchInterruptions(silently: Bool = false) {
    isSilent.store(silently, ordering: .relaxed)
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&watched, number) }
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let earlier = signal(number) { ProcessSignals.receive($0) }
      if number == SIGHUP,
        unsafeBitCast(earlier, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      {
        signal(number, SIG_IGN)
      }
    }
  }

  /// The handler: nothing in it but what a handler may do.
  private static func receive(_ number: Int32) {
    let isFirst = !interrupted.exchange(true, ordering: .relaxed)
    if isFirst, isHolding.load(ordering: .relaxed) {
      return say("\nstopping: a checkpoint is written first; once more ends at once\n")
    }
    if isFirst { say("\nended; --resume goes on from the last checkpoint, if there is one\n") }
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Holds off the first signal's end while `body` runs, which looks at ``wasInterrupted``.
  package static func holding<Result>(_ body: () throws -> Result) rethrows -> Result {
    isHolding.store(true, ordering: .relaxed)
    defer { isHolding.store(false, ordering: .relaxed) }
    return try body()
  }

  /// Whether the user asked to stop. Pass it to a trainer as its `shouldStop`.
  package static var wasInterrupted: Bool { interrupted.load(ordering: .relaxed) }

  /// Writes to standard error; may be called by a signal's handler.
  private static func say(_ text: StaticString) {
    if isSilent.load(ordering: .relaxed) { return }
    _ = systemWrite(2, text.utf8Start, text.utf8CodeUnitCount)
  }
}
