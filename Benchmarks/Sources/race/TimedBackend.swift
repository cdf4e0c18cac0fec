import Sluice
import SluiceCompute

/// Hands everything on to another back end and takes the time of each operation. Right where an
/// operation has been done once `execute` returns, as on the CPU.
final class TimedBackend: BackendDecorator {
  let inner: any Backend
  private let clock = ContinuousClock()
  private var seconds: [Part: Double] = [:]

  init(_ inner: any Backend) { self.inner = inner }

  /// What took the time since this was last asked, in seconds.
  func takeTimes() -> [Part: Double] {
    defer { seconds = [:] }
    return seconds
  }

  func perform(_ operation: some SluiceCompute.Operation) throws(ComputeError) {
    let begin = clock.now
    try operation.dispatch(to: inner)
    seconds[Part(of: operation), default: 0] += (clock.now - begin) / .seconds(1)
  }
}

/// Where the time of a training step goes.
enum Part: String, Codable, CaseIterable, CodingKeyRepresentable {
  case clearing
  case embedding
  case recurrentForward = "recurrent forward"
  case recurrentBackward = "recurrent backward"
  /// The norm of the gradients too.
  case optimizer
  /// The head and the loss, mostly.
  case other = "other operations"
  /// The tape, the trainer and the checks of operations.
  case between = "between operations"

  init(of operation: some SluiceCompute.Operation) {
    switch operation {
    case is Fill: self = .clearing
    case is EmbeddingForward, is EmbeddingBackward: self = .embedding
    case is RecurrentForward: self = .recurrentForward
    case is RecurrentBackward: self = .recurrentBackward
    case is OptimizerStep, is SumOfSquares: self = .optimizer
    default: self = .other
    }
  }
}
