import Foundation
import Sluice
import SluiceTasks

/// Shows how far a training is: one line that redraws itself on a terminal, a line every few seconds
/// elsewhere and where `CI` is set.
final class ProgressBar {
  private let isInteractive: Bool
  private let clock = ContinuousClock()
  private var lastPrinted: ContinuousClock.Instant
  private var isOpen = false

  /// Between lines that stay.
  private static let interval = Duration.seconds(5)

  init(isInteractive: Bool = Console.isInteractive) {
    self.isInteractive = isInteractive
    lastPrinted = clock.now
  }

  func show(_ progress: TrainingProgress) {
    let line = ProgressLine(progress)
    if isInteractive {
      // The last column stays free: some terminals go to the next line when it is written.
      Console.write("\r\u{1B}[K" + line.text(width: Console.width - 1), to: STDERR_FILENO)
      isOpen = true
    } else if clock.now - lastPrinted >= Self.interval {
      lastPrinted = clock.now
      Console.note(line.sentence)
    }
  }

  /// Ends the redrawn line, so that what follows starts on its own.
  func finish() {
    if isOpen { Console.note("") }
    isOpen = false
  }
}
