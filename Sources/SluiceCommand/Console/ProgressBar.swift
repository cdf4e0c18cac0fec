import Sluice

/// Shows how far a training is: one line that redraws itself on a terminal, a line now and then
/// elsewhere.
final class ProgressBar {
  private let isInteractive: Bool
  private var lastPrinted = -1.0
  private var lastPhase = ""
  private var isOpen = false

  init(isInteractive: Bool = Console.isInteractive) {
    self.isInteractive = isInteractive
  }

  func show(_ progress: TrainingProgress) {
    if progress.phase != lastPhase {
      finish()
      lastPhase = progress.phase
      lastPrinted = -1
    }
    let fraction = Double(progress.step) / Double(max(1, progress.totalSteps))
    if isInteractive {
      draw(progress, fraction)
    } else if progress.step == progress.totalSteps || fraction >= lastPrinted + 0.1 {
      lastPrinted = fraction
      Console.note(text(progress))
    }
    if progress.step == progress.totalSteps { finish() }
  }

  /// Ends the redrawn line, so that what follows starts on its own.
  func finish() {
    if isOpen { Console.note("") }
    isOpen = false
  }

  private func draw(_ progress: TrainingProgress, _ fraction: Double) {
    let label = text(progress)
    let space = max(0, min(30, Console.width - label.count - 4))
    var bar = ""
    if space >= 8 {
      let filled = Int(Double(space) * fraction)
      bar = "▕" + String(repeating: "█", count: filled)
      bar += String(repeating: " ", count: space - filled) + "▏ "
    }
    Console.write("\r\u{1B}[K" + bar + String(label.prefix(Console.width - 1)), to: 2)
    isOpen = true
  }

  private func text(_ progress: TrainingProgress) -> String {
    let loss = progress.loss.map { Format.decimal($0, 4) } ?? "…"
    let parts = [
      progress.phase, "epoch \(progress.epoch)/\(progress.epochs)",
      "step \(progress.step)/\(progress.totalSteps)", "loss \(loss)",
      "\(Format.count(Int(progress.sequencesPerSecond))) sequences/s",
      "\(Format.duration(progress.secondsLeft)) left",
    ]
    return parts.joined(separator: "  ")
  }
}
