import SluiceSettings
import SluiceTables

// A backtest: the task as it stood at earlier cuts in time. Such a task holds no step behind the rows that
// it is scored on, so nothing can be learned from them: it is the task of a table that ended there.

extension SalesTask {
  package var cutCount: Int { settings.heldOutSteps > 0 ? settings.folds : 1 }

  package func atCut(_ number: Int) throws -> SalesTask {
    guard number < cutCount else { return self }
    return try earlier(by: cutCount - number)
  }

  /// The task of a table that ends so many held-out spans before this one.
  private func earlier(by spans: Int) throws -> SalesTask {
    let end = whole.stepCount - spans * settings.heldOutSteps
    guard let part = whole.beginning(end) else { throw whole.noSeries(before: end) }
    return try SalesTask(part, settingsLeftOpen)
  }

  /// The settings as they were before the rows settled them: what equals what the rows would choose is
  /// left to the rows, so that an earlier cut chooses by its own. A run that is resumed knows no more.
  private var settingsLeftOpen: SalesSettings {
    var open = settings
    open.folds = 1
    open.model.history = nil
    if open.settled(for: whole).historySteps != settings.historySteps {
      open.model.history = settings.model.history
    }
    var free = open
    free.batchSize = 0
    if free.settled(for: whole).batchSize == settings.batchSize { open = free }
    return open
  }

  /// What the user should know of the earliest cut.
  ///
  /// - Throws: ``SettingError`` where there are fewer cuts than are asked for.
  func checkCuts() throws -> Remark? {
    guard cutCount > 1 else { return nil }
    do {
      let missing = set.seriesCount - (try atCut(1).set.seriesCount)
      guard missing > 0 else { return nil }
      return .note(
        "\(missing) of the \(set.seriesCount) series are too short for the earliest of the "
          + "\(cutCount) cuts: the means are over fewer series there")
    } catch is TableError {
      for before in 1..<cutCount {
        do {
          _ = try earlier(by: before)
        } catch let error as TableError {
          throw SettingError.tooManyCuts(
            cutCount, fitting: before, apart: settings.heldOutSteps, error)
        }
      }
      return nil
    }
  }
}

extension SettingError {
  /// - Parameters:
  ///   - fitting: How many cuts there can be.
  ///   - apart: Steps from one to the next.
  ///   - error: What is wrong with the earliest that was asked for.
  static func tooManyCuts(
    _ asked: Int, fitting: Int, apart: Int, _ error: TableError
  ) -> SettingError {
    SettingError(
      "folds",
      "is \(asked), but only \(fitting == 1 ? "one cut fits" : "\(fitting) cuts fit"), \(apart) steps "
        + "apart: at the one before \(error.what)",
      remedy:
        "Set `folds` to \(fitting), choose a shorter `horizon` or `validation`, or give more data.")
  }
}

extension SeriesSet {
  /// Why there is no set of the steps before `end`.
  func noSeries(before end: Int) -> TableError {
    TableError(
      file: file, what: "no series has begun" + (end > 0 ? " by \(dateText(end - 1))" : ""),
      remedy: "Give more data.")
  }

  /// The steps before `end`, of the series that have begun by then; nil where none has.
  ///
  /// - Complexity: O(S · end · (1 + F)).
  func beginning(_ end: Int) -> SeriesSet? {
    let kept = (0..<seriesCount).filter { firstStep[$0] < end }
    guard end > 0, !kept.isEmpty else { return nil }
    func cut<Value>(_ all: [Value], width: Int = 1) -> [Value] {
      kept.flatMap { all[($0 * stepCount * width)..<(($0 * stepCount + end) * width)] }
    }
    var part = self
    part.stepCount = end
    part.keys = kept.map { keys[$0] }
    part.firstStep = kept.map { firstStep[$0] }
    part.values = cut(values)
    part.covariates = cut(covariates, width: covariateCount)
    if !interpolated.isEmpty { part.interpolated = cut(interpolated) }
    return part
  }
}
