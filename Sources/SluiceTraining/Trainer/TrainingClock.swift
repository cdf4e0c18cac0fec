/// Measures a phase over all its sessions, and the pace since the last row of the metrics.
struct TrainingClock {
  private let start: ContinuousClock.Instant
  private let secondsBefore: Double
  private let firstStep: Int
  private var intervalStart: ContinuousClock.Instant
  private var intervalStep: Int
  private var lastShown: ContinuousClock.Instant?
  /// Steps per second in the last interval; nil before its end.
  private(set) var pace: Double?

  /// - Parameters:
  ///   - secondsBefore: spent in earlier sessions.
  ///   - step: steps done in them.
  init(secondsBefore: Double = 0, step: Int = 0) {
    start = .now
    intervalStart = start
    self.secondsBefore = secondsBefore
    firstStep = step
    intervalStep = step
  }

  /// Spent in this phase so far.
  var seconds: Double { secondsBefore + start.duration(to: .now).seconds }

  /// Ends an interval.
  ///
  /// - Returns: steps per second in it.
  mutating func endInterval(step: Int) -> Double {
    let now = ContinuousClock.now
    let pace = Double(step - intervalStep) / max(intervalStart.duration(to: now).seconds, 1e-9)
    intervalStart = now
    intervalStep = step
    self.pace = pace
    return pace
  }

  /// Steps per second since the start of this session.
  func meanPace(step: Int) -> Double {
    Double(step - firstStep) / max(start.duration(to: .now).seconds, 1e-9)
  }

  /// Whether progress was last shown a tenth of a second ago or longer; takes note of it.
  mutating func isTimeToShow(always: Bool) -> Bool {
    let now = ContinuousClock.now
    if !always, let lastShown, lastShown.duration(to: now) < .milliseconds(100) { return false }
    lastShown = now
    return true
  }
}

extension Duration {
  /// In seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
