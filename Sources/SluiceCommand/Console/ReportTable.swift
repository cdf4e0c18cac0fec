import Sluice

/// Prints a report as a table: the model first, its baselines below it, then parts of the rows and
/// what else there is to see.
enum ReportTable {
  static func lines(_ report: EvaluationReport, modelName: String) -> [String] {
    var table = TextTable([""] + report.metrics.values.map(\.title))
    let names = report.metrics.values.map(\.name)
    func row(_ name: String, _ metrics: MetricSet) -> [String] {
      [name]
        + names.map { key in
          metrics[key].map { Format.decimal($0, places(key, report.metrics[key] ?? 0)) } ?? ""
        }
    }
    table.add(row(modelName, report.metrics))
    for subset in report.subsets {
      let name = "  \(subset.explanation) (\(Format.count(subset.rows)))"
      table.add(row(name, subset.metrics))
    }
    for baseline in report.baselines { table.add(row(baseline.explanation, baseline.metrics)) }
    return table.lines + report.breakdowns.flatMap { [""] + lines($0) }
      + report.notes.map { "note: \($0)" }
      + (report.backtest.map { [""] + BacktestTable.lines($0) } ?? [])
  }

  private static func lines(_ breakdown: EvaluationReport.Breakdown) -> [String] {
    var table = TextTable(breakdown.columns)
    for row in breakdown.rows {
      table.add(
        [row.label]
          + row.values.map { value in
            guard value.isFinite else { return "" }
            let isWhole = value.rounded() == value && abs(value) < 1e15
            return isWhole ? Format.count(Int(value)) : Format.decimal(value, 3)
          })
    }
    return [breakdown.title] + table.lines
  }

  /// Amounts take two places, or three where they are small; shares and scores below 1 take four.
  static func places(_ name: String, _ value: Double) -> Int {
    switch name {
    case "smape": 2
    case "mase": 3
    case "mae", "rmse", "pinball": abs(value) < 2 ? 4 : abs(value) < 10 ? 3 : 2
    case "coverage_80": 3
    default: 4
    }
  }
}
