import Sluice

/// Prints a report as a table: the model first, its baselines below it.
enum ReportTable {
  static func lines(_ report: EvaluationReport, modelName: String) -> [String] {
    var table = TextTable([""] + report.metrics.values.map { title($0.name) })
    let names = report.metrics.values.map(\.name)
    func row(_ name: String, _ metrics: MetricSet) -> [String] {
      [name] + names.map { key in metrics[key].map { Format.decimal($0, places(key)) } ?? "" }
    }
    table.add(row(modelName, report.metrics))
    for baseline in report.baselines { table.add(row(baseline.explanation, baseline.metrics)) }
    return table.lines + report.notes.map { "note: \($0)" }
  }

  private static func title(_ name: String) -> String {
    switch name {
    case "smape": "SMAPE %"
    case "mae": "MAE"
    case "rmse": "RMSE"
    case "coverage_80": "p10–p90 covers"
    default: name
    }
  }

  private static func places(_ name: String) -> Int {
    name.hasPrefix("coverage") ? 3 : 2
  }
}
