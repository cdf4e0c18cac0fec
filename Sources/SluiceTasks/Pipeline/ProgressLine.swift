import SluiceTraining

/// How far a training is, in one line of any width from 40 columns up.
package struct ProgressLine {
  private let progress: TrainingProgress

  package init(_ progress: TrainingProgress) {
    self.progress = progress
  }

  /// The share of the whole run that is done, 0 to 1: phases that end early count as whole ones.
  private var share: Double {
    let phase = Double(progress.step) / Double(max(1, progress.totalSteps))
    return (Double(progress.phaseNumber - 1) + phase) / Double(max(1, progress.phaseCount))
  }

  /// The task's own metric, else the loss: `AUC 0.8412`.
  private var metric: String? { progress.validation.first.map { metric($0, places: 4) } }

  private func metric(_ value: MetricValue, places: Int) -> String {
    "\(value.title) \(Format.decimal(value.value, places))"
  }

  private var loss: String? { progress.loss.map { "loss \(Format.decimal($0, 4))" } }

  private var speed: String { Format.count(Int(progress.sequencesPerSecond)) }

  /// `member-3, 3 of 12`; the name alone where there is one.
  private var phase: String {
    progress.phaseCount > 1
      ? "\(progress.phase), \(progress.phaseNumber) of \(progress.phaseCount)" : progress.phase
  }

  private var shortPhase: String? {
    progress.phaseCount > 1 ? "\(progress.phaseNumber)/\(progress.phaseCount)" : nil
  }

  private var epoch: String { "epoch \(progress.epoch)/\(progress.epochs)" }

  private var left: String { "\(Format.duration(progress.runSecondsLeft)) left" }

  /// `45 s`, `2:05`, `1:02 h`
  private var shortLeft: String {
    guard progress.runSecondsLeft.isFinite else { return "? left" }
    let seconds = Int(progress.runSecondsLeft.rounded())
    func pair(_ whole: Int, _ part: Int) -> String { "\(whole):\(part < 10 ? "0" : "")\(part)" }
    if seconds < 60 { return "\(seconds) s left" }
    if seconds < 3600 { return "\(pair(seconds / 60, seconds % 60)) left" }
    return "\(pair(seconds / 3600, seconds % 3600 / 60)) h left"
  }

  /// A bar over the whole run and as much beside it as there is room for, at most `width` columns.
  package func text(width: Int) -> String {
    let shortMetric = progress.validation.first.map { metric($0, places: 3) }
    let long: [[String?]] = [
      [phase, epoch, metric, loss, "\(speed) sequences/s", left],
      [phase, metric, loss, "\(speed) sequences/s", left],
      [phase, metric ?? loss, "\(speed) sequences/s", left],
      [shortPhase, metric ?? loss, "\(speed) sequences/s", left],
    ]
    let short: [[String?]] = [
      [shortPhase, shortMetric ?? loss, "\(speed)/s", shortLeft],
      [shortPhase, loss, "\(speed)/s", shortLeft],
      [shortPhase, "\(speed)/s", shortLeft], [shortPhase, shortLeft], [shortLeft],
    ]
    for (parts, gap, least) in long.map({ ($0, "  ", 12) }) + short.map({ ($0, " ", 5) }) {
      let words = gap + parts.compactMap { $0 }.joined(separator: gap)
      let room = min(30, width - words.count)
      if room >= least { return bar(room) + words }
    }
    return String(shortLeft.prefix(max(0, width)))
  }

  /// - Parameter width: In columns, its ends among them.
  private func bar(_ width: Int) -> String {
    let space = width - 2
    let filled = min(space, Int(Double(space) * share))
    return "▕" + String(repeating: "█", count: filled)
      + String(repeating: " ", count: space - filled) + "▏"
  }

  /// The same in words, for a log: `45 %: member-3, 3 of 12, epoch 10/25, …`.
  package var sentence: String {
    let parts: [String?] = [
      phase, epoch, "step \(Format.count(progress.step))/\(Format.count(progress.totalSteps))",
      metric, loss, "\(speed) sequences/s", left,
    ]
    return "\(Int(100 * share)) %: " + parts.compactMap { $0 }.joined(separator: ", ")
  }
}
