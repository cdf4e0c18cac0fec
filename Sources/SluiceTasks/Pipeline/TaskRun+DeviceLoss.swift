import SluiceCompute
import SluicePlatform
import SluiceTraining

extension TaskRun {
  /// How long a device is left alone before it is opened once more, in seconds: drivers that have to set it
  /// up anew take some. There are as many restarts as pauses.
  private static var pauses: [Double] { [0, 1, 3] }

  /// Trains, from the run's newest checkpoint if there is one, and writes the model. Where the device fails
  /// and ``reopensDevice`` is there, the run begins once more as a new session would: from the newest
  /// checkpoint, on the same device in a context of its own.
  ///
  /// - Returns: Nil where the run was asked to stop; it can be resumed.
  /// - Throws: `ComputeError` with `.deviceFailure` where the device fails and is not to be opened again, or
  ///   has been too often; what tasks and files throw.
  package func train(in run: RunDirectory) throws -> RunResult? {
    guard let reopensDevice else { return try trainOnce(in: run) }
    let show = onEvent
    defer { onEvent = show }
    let told = ToldEvents()
    onEvent = { if told.isNew($0) { show($0) } }
    restarts = 0
    while true {
      do {
        return try trainOnce(in: run)
      } catch let error as ComputeError where error.code == .deviceFailure {
        guard try reopen(after: error, by: reopensDevice) else { return nil }
        told.beginAnew()
      }
    }
  }

  /// Opens the device once more, as often as it takes.
  ///
  /// - Returns: Whether to go on: false where the run was asked to stop.
  private func reopen(
    after error: ComputeError, by reopensDevice: () throws -> any Backend
  ) throws -> Bool {
    var failure = error
    while restarts < Self.pauses.count {
      let pause = Self.pauses[restarts]
      restarts += 1
      let cause = failure.cause.map { " (\($0))" } ?? ""
      let when = pause > 0 ? ", in \(Int(pause)) s" : ""
      onEvent(
        .remark(
          .warning(
            "\(failure.what)\(cause): restart \(restartCount), in a fresh context\(when)")))
      guard wait(seconds: pause) else { return false }
      do {
        backend = try reopensDevice()
        return true
      } catch let error as ComputeError {
        failure = error
      }
    }
    let count = Self.pauses.count
    throw ComputeError(
      failure.code, "\(failure.what), after \(count) restarts in a fresh context",
      remedy: failure.remedy, cause: failure.cause)
  }

  private var restartCount: String { "\(restarts) of \(Self.pauses.count)" }

  /// Says where the run goes on.
  func tellRestart(from start: (phase: String, step: Int)?) {
    let place = start.map { "from step \($0.step) of \($0.phase)" } ?? "from the start"
    onEvent(
      .remark(
        .warning("restart \(restartCount): the run goes on \(place), on \(backend.device.id)")))
  }

  /// - Returns: False where the run was asked to stop meanwhile.
  private func wait(seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end, !shouldStop() { usleep(50_000) }
    return !shouldStop()
  }
}

/// What a run has told, so that one that begins once more does not tell it again.
private final class ToldEvents {
  /// Events of this session so far, and of the one that came farthest.
  private var count = 0
  private var most = 0
  private var remarks: Set<Remark> = []

  /// A session begins, which comes by the same events in the same order.
  func beginAnew() {
    count = 0
  }

  func isNew(_ event: TrainingEvent) -> Bool {
    switch event {
    case .progress:
      return true
    case .remark(let remark):
      return remarks.insert(remark).inserted
    case .data, .model, .report, .backtest:
      count += 1
      guard count > most else { return false }
      most = count
      return true
    }
  }
}
