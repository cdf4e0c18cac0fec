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

  /// Notes the first Ctrl-C or `SIGTERM` in ``wasInterrupted`` instead of ending the process; the
  /// second one ends it.
  ///
  /// Both signals are unblocked: a process started from a thread that blocks them inherits that.
  package static func watchInterruptions() {
    var watched = sigset_t()
    sigemptyset(&watched)
    sigaddset(&watched, SIGINT)
    sigaddset(&watched, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        ProcessSignals.interrupted.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  /// Whether the user asked to stop. Pass it to a trainer as its `shouldStop`.
  package static var wasInterrupted: Bool { interrupted.load(ordering: .relaxed) }
}
