/// What the phases of a run are called: the stage, and behind it the cut and the network's number where
/// there are several.
enum TrainingStage {
  /// On all rows that are not held out.
  static let validate = "validate"
  /// At an earlier cut of a backtest.
  static let backtest = "backtest"
  /// Behind a stage: of a network that is not kept.
  static let calibration = "-calibration"
  /// On all rows, of one network and of several.
  static let refit = "refit"
  static let member = "member"

  /// On all rows.
  static func final(_ settings: some TaskSettings) -> String {
    settings.isEnsemble ? member : refit
  }

  /// Whether a phase is of networks on all rows.
  static func isFinal(_ phase: String) -> Bool {
    phase.hasPrefix(refit) || phase.hasPrefix(member)
  }
}
