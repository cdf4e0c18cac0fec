import SluiceReport
import SluiceTables

/// What the page of a run shows of probabilities: how they rank, whether they hold, what a threshold
/// costs, what moves them, and how they do on kinds of customers.
struct ChurnReport {
  let evaluation: ChurnEvaluation
  let customers: CustomerTable
  /// `[evaluation]`: the customers that were scored.
  let chosen: [Int]
  /// The most important first.
  let importances: [ColumnImportance]

  /// Columns and values that are listed, at most.
  private static let mostColumns = 20
  private static let mostSegmented = 5
  private static let mostValues = 12

  var sections: [ReportSection] {
    guard evaluation.isGone.contains(true), evaluation.isGone.contains(false) else { return [] }
    return [ranking, decision, columns]
  }

  private var forecasters: [ClassificationCharts.Forecaster] {
    [("this model", evaluation.probabilities), ("logistic regression", evaluation.baseline)]
  }

  private var ranking: ReportSection {
    ReportSection(
      "Ranking and calibration",
      (ClassificationCharts.ranking(forecasters, isPositive: evaluation.isGone) + [
        ClassificationCharts.calibration(
          forecasters, outcomes: evaluation.isGone, event: "gone"),
        ClassificationCharts.spread(
          evaluation.probabilities, outcomes: evaluation.isGone, names: ("gone", "stayed"),
          noun: "customers"),
      ]).map { .chart($0) })
  }

  private var decision: ReportSection {
    let curves = forecasters.map {
      RankingCurves(scores: $0.probabilities, isPositive: evaluation.isGone).thinned(to: 100)
    }
    let finite = curves[0].filter(\.threshold.isFinite)
    let thresholds = finite.map(\.threshold)
    let threshold = evaluation.threshold
    let trade = Chart(
      "Threshold",
      note: "Who has at least this probability is taken for gone; the model's own threshold is "
        + "\(Significant.text(threshold)).",
      horizontal: .init("threshold", lower: 0, upper: 1),
      vertical: .init("share", lower: 0, upper: 1),
      [
        .init("the model's", .reference, x: [threshold, threshold], y: [0, 1]),
        .init("precision", x: thresholds, y: finite.map(\.precision)),
        .init("recall", x: thresholds, y: finite.map(\.recall)),
        .init("F1", x: thresholds, y: finite.map(\.f1)),
        .init("customers taken", x: thresholds, y: finite.map(\.taken)),
      ])
    let gain = Chart(
      "Cumulative gain",
      note: "Who begins with the highest probabilities reaches this share of those who are gone.",
      horizontal: .init("share of customers", lower: 0, upper: 1),
      vertical: .init("share of the gone", lower: 0, upper: 1),
      [.init("by chance", .reference, x: [0, 1], y: [0, 1])]
        + zip(forecasters, curves).enumerated().map { style, curve in
          .init(
            curve.0.name, x: curve.1.map(\.taken), y: curve.1.map(\.recall), style: style)
        })
    let tables = forecasters.map {
      LiftTable(scores: $0.probabilities, isPositive: evaluation.isGone).parts.map(\.lift)
    }
    let lift = Chart(
      "Lift by decile",
      note: "How many times more are gone than among all; the first is the likeliest.",
      horizontal: .init("decile of the probability", names: tables[0].indices.map { "\($0 + 1)" }),
      vertical: .init("lift", lower: 0),
      zip(forecasters, tables).map { forecaster, lifts in
        .init(forecaster.name, .bars, x: lifts.indices.map(Double.init), y: lifts)
      })
    return ReportSection("Threshold and lift", [.chart(trade), .chart(gain), .chart(lift)])
  }

  private var columns: ReportSection {
    let shown = importances.prefix(Self.mostColumns)
    let rest = importances.count - shown.count
    let more = rest > 0 ? " \(rest) columns with less are left out." : ""
    let bars = [
      BarChart(
        "What columns are worth",
        note:
          "The area under the ROC curve that is lost where a column's cells are dealt out anew among "
          + "customers, once." + more, label: "loss of AUC", series: ["loss of AUC"],
        shown.map { .init($0.column, [$0.lostArea]) }),
      BarChart(
        "What moves the probability",
        note: "How much the probability changes then, in the mean." + more,
        label: "mean change of the probability", series: ["change"],
        shown.sorted { $0.change > $1.change }.map { .init($0.column, [$0.change]) }),
    ]
    let segments = segments
    return ReportSection(
      "Columns and segments",
      prose: [
        "Measured on customers that were not learned from. Columns that say the same share their worth: "
          + "without one, the network reads the other."
      ],
      bars.map { .bars($0) } + segments.map { .bars($0.bars) }
        + (segments.isEmpty ? [] : [.table(Self.table(segments))]))
  }

  // MARK: Segments

  /// The customers by the values of a column.
  private struct Segments {
    var bars: BarChart
    var rows: [[String]]
  }

  /// Those of the most important columns with few values.
  private var segments: [Segments] {
    importances.lazy.compactMap { segments(of: $0.column) }.prefix(Self.mostSegmented).map { $0 }
  }

  private func segments(of name: String) -> Segments? {
    guard let input = evaluation.columns.inputs.first(where: { $0.name == name }),
      !input.kind.isContinuous, let column = customers.table.columnIfPresent(name)
    else { return nil }
    let categories = column.categories()
    let codes = chosen.map { Int(categories.codes[Int(customers.rows[$0].last ?? 0)]) }
    let groups = Dictionary(grouping: codes.indices) { codes[$0] }
    guard (2...Self.mostValues).contains(groups.count) else { return nil }
    let ordered = groups.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    var bars: [BarChart.Row] = []
    var table: [[String]] = []
    for (code, rows) in ordered {
      let level = categories.levels[code]
      let value = level.allSatisfy(\.isWhitespace) ? "(blank)" : level
      let probabilities = rows.map { evaluation.probabilities[$0] }
      let gone = rows.map { evaluation.isGone[$0] }
      let mean = probabilities.reduce(0, +) / Double(rows.count)
      let share = Double(gone.count { $0 }) / Double(rows.count)
      bars.append(.init("\(value) (\(rows.count.grouped))", [mean, share]))
      table.append(
        [name, value, rows.count.grouped]
          + [
            mean, share,
            RankingMetrics.areaUnderROC(scores: probabilities, isPositive: gone),
            ProbabilityMetrics.brierScore(probabilities: probabilities, isPositive: gone),
          ].map { Significant.text($0) })
    }
    return Segments(
      bars: BarChart(
        "By \(name)", label: "share gone", series: ["said by the model", "true"], bars),
      rows: table)
  }

  private static func table(_ segments: [Segments]) -> DataTable {
    DataTable(
      "Scores by segment",
      columns: [
        "column", "value", "customers", "mean probability", "share gone", "AUC", "Brier",
      ], segments.flatMap(\.rows))
  }
}
