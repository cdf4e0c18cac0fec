import SluiceTables

extension TimeGrid {
  /// Steps that a person counts in, in seconds, the longest first.
  private static let usualSpans = [
    7 * 86_400, 2 * 86_400, 86_400, 12 * 3600, 6 * 3600, 4 * 3600, 2 * 3600, 3600, 1800, 600, 300,
    60,
  ]
  /// More steps than this are no standard horizon.
  private static let mostSteps = 336

  /// Steps below a day: those of the longest usual span that has at most ``mostSteps`` of them. A week
  /// of hours and half hours, two days of quarter hours, a day of five minutes, four hours of minutes.
  private static func steps(ofSeconds seconds: Int) -> Int {
    let span = usualSpans.first { $0 / seconds <= mostSteps }
    return span.map { max(1, $0 / seconds) } ?? mostSteps
  }

  /// 90 days; 13 weeks; 12 months; of shorter steps a week, or the longest usual span below it that has
  /// at most 336 of them; 12 of steps that are numbered.
  var standardHorizon: Int {
    switch step {
    case .units: 12
    case .months(let months): max(1, 12 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 91 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        90 * 86_400 / seconds
      } else {
        Self.steps(ofSeconds: seconds)
      }
    }
  }

  /// 28 days; 26 weeks; 24 months; of shorter steps as many as ``standardHorizon``; 24 of steps that are
  /// numbered.
  var standardHistory: Int {
    switch step {
    case .units: 24
    case .months(let months): max(1, 24 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 182 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        28 * 86_400 / seconds
      } else {
        Self.steps(ofSeconds: seconds)
      }
    }
  }

  /// How many steps a number of days is, rounded up; a month counts 30, a numbered step 1.
  func steps(inDays days: Int) -> Int {
    switch step {
    case .seconds(let seconds): (days * 86_400 + seconds - 1) / seconds
    case .months(let months): (days + 30 * months - 1) / (30 * months)
    case .units: days
    }
  }
}
