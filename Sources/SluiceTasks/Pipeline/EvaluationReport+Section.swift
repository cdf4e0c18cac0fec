import SluiceReport
import SluiceTraining

extension EvaluationReport {
  /// The scores beside those of the baselines, on all rows and on parts of them.
  ///
  /// - Parameter explanation: What model was scored; empty where there is nothing to say.
  func section(explanation: String) -> ReportSection {
    let names = metrics.values.map(\.name)
    func row(_ name: String, _ set: MetricSet) -> [String] {
      [name] + names.map { set[$0].map { Significant.text($0) } ?? "" }
    }
    let scores = DataTable(
      "This model and its baselines",
      columns: ["on \(rows.grouped) rows"] + metrics.values.map(\.title),
      [row("this model", metrics)]
        + subsets.map { row("… \($0.explanation) (\($0.rows.grouped))", $0.metrics) }
        + baselines.map { row($0.explanation, $0.metrics) })
    return ReportSection(
      "Scores",
      prose: (explanation.isEmpty ? [] : [explanation])
        + (warnings.map { "warning: \($0)" } + notes).map(\.sentence),
      [.table(scores)] + breakdowns.map { $0.item })
  }
}

extension String {
  /// The same with a capital letter and a full stop.
  fileprivate var sentence: String { capitalised + (hasSuffix(".") ? "" : ".") }

  fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}

extension EvaluationReport.Breakdown {
  /// Of one title in every run of a task, so that runs can be put side by side.
  fileprivate var item: ReportItem {
    guard isMatrix else {
      return .table(
        DataTable(
          name.capitalised, note: title.sentence, columns: columns,
          rows.map { [$0.label] + $0.values.map { Significant.text($0) } }))
    }
    let kinds = rows.count
    let further = columns.dropFirst(1 + kinds).enumerated().map { place, column in
      let numbers = rows.map { "\(Significant.text($0.values[kinds + place])) of \($0.label)" }
      return "\(column): \(numbers.joined(separator: ", "))."
    }
    return .matrix(
      CountMatrix(
        name.capitalised,
        note: ([title.sentence] + further + ["Shaded by the share of the row."])
          .joined(separator: " "),
        rowLabel: columns.first ?? "", columnLabel: "taken for", names: rows.map(\.label),
        counts: rows.map { Array($0.values.prefix(kinds)) }))
  }
}
