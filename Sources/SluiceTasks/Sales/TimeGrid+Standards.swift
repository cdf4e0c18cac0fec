import SluiceTables

extension TimeGrid {
  /// 90 days, a week for steps below a day, 13 weeks, 12 months.
  var standardHorizon: Int {
    switch step {
    case .months(let months): max(1, 12 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 91 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        90 * 86_400 / seconds
      } else {
        min(336, 7 * 86_400 / seconds)
      }
    }
  }

  /// 28 days, a week for steps below a day, 26 weeks, 24 months.
  var standardHistory: Int {
    switch step {
    case .months(let months): max(1, 24 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 182 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        28 * 86_400 / seconds
      } else {
        min(336, 7 * 86_400 / seconds)
      }
    }
  }

  /// How many steps a number of days is, rounded up; a month counts 30.
  func steps(inDays days: Int) -> Int {
    switch step {
    case .seconds(let seconds): (days * 86_400 + seconds - 1) / seconds
    case .months(let months): (days + 30 * months - 1) / (30 * months)
    }
  }
}
