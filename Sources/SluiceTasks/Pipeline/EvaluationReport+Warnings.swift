import SluiceReport

extension EvaluationReport {
  /// How far a share may be from what was asked for before it is warned of.
  private static let tolerance = 0.1
  /// Rows that are few enough for that to be chance.
  private static let fewRows = 200

  /// Where answers claim more, or less, than they hold: a line each, with what was asked for, what was
  /// found and what to do.
  package var warnings: [String] {
    guard rows > 0 else { return [] }
    return [coverageWarning, probabilityWarning].compactMap { $0 }
  }

  /// An interval that holds another share of the true values than it is made for.
  private var coverageWarning: String? {
    guard let metric = metrics.values.first(where: { $0.name.hasPrefix("coverage_") }),
      case .nearest(let asked) = metric.aim
    else { return nil }
    let found = backtest?.spread(of: metric.name).mean ?? metric.value
    guard found.isFinite, abs(found - asked) > Self.tolerance else { return nil }
    let isNarrow = found < asked
    return "the interval is made for \(percent(asked)) of the true values and holds "
      + "\(percent(found)) of them \(place): it is too \(isNarrow ? "narrow" : "wide") here"
      + (isNarrow ? ", allow for more than it says" : ", true values lie nearer than it says")
      + (intervalHint.isEmpty ? "" : "; \(intervalHint)")
  }

  /// Probabilities that are not the shares of what comes true.
  private var probabilityWarning: String? {
    let name = "calibration_error"
    guard let own = metrics[name] else { return nil }
    let found = backtest?.spread(of: name).mean ?? own
    guard found.isFinite, found > Self.tolerance else { return nil }
    return "probabilities are off by \(percent(found)) on the mean \(place), 0 is asked for "
      + "(calibration error): go by their order, not by their size"
      + "; \(rows < Self.fewRows ? "more rows" : "rows more like these") to learn from would help"
  }

  /// Where it was found.
  private var place: String {
    if let backtest { return "on the mean of \(backtest.cuts.count) cuts" }
    return "on these \(rows.grouped) rows" + (rows < Self.fewRows ? " (few: it may be chance)" : "")
  }

  private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }
}
