import SluiceReport
import SluiceTraining

/// How a training went: the columns of `metrics.csv` over the steps of each phase.
struct LearningCurves {
  private let metrics: MetricsLog
  private let phases: [(name: String, summary: PhaseSummary)]

  /// Points of a line, at most: more are not told apart.
  private static let mostPoints = 100

  init(_ metrics: MetricsLog, phases: [(name: String, summary: PhaseSummary)]) {
    self.metrics = metrics
    self.phases = phases
  }

  var section: ReportSection {
    let standard = MetricsLog.standardColumns
    let own = metrics.columns.filter { !standard.contains($0) }.compactMap { name in
      chart(name, "Validation: \(MetricValue(name, 0).title)", label: MetricValue(name, 0).title)
    }
    let charts =
      [chart("loss", "Training loss", label: "loss")].compactMap { $0 } + own
      + [
        chart("learning_rate", "Learning rate", label: "learning rate"),
        chart("gradient_norm", "Gradient norm", label: "norm before clipping"),
      ].compactMap { $0 }
    guard !charts.isEmpty else {
      return ReportSection(
        "Learning curves", prose: ["The training was too short for a row of metrics."])
    }
    return ReportSection(
      "Learning curves",
      prose: [
        "Each phase is the training of one network; points mark the weights that were kept."
          + (phases.contains { $0.name.hasPrefix(TrainingStage.backtest) }
            ? " Those of the backtest are in metrics.csv." : "")
      ],
      charts.map { .chart($0) })
  }

  /// One column by phase; nil where it holds no number.
  func chart(_ column: String, _ title: String, label: String) -> Chart? {
    guard let phasePlace = metrics.columns.firstIndex(of: "phase"),
      let stepPlace = metrics.columns.firstIndex(of: "step"),
      let place = metrics.columns.firstIndex(of: column)
    else { return nil }
    var names: [String] = []
    var lines: [String: [(step: Double, value: Double)]] = [:]
    for row in metrics.rows where !row[phasePlace].hasPrefix(TrainingStage.backtest) {
      guard let step = Double(row[stepPlace]), let value = Double(row[place]), value.isFinite else {
        continue
      }
      if lines[row[phasePlace]] == nil { names.append(row[phasePlace]) }
      lines[row[phasePlace], default: []].append((step, value))
    }
    guard !names.isEmpty else { return nil }
    let kept = phases.compactMap { phase in
      lines[phase.name]?.first { Int($0.step) == phase.summary.bestStep }
    }
    let values = lines.values.flatMap { $0.map(\.value) }
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let isWide = column == "gradient_norm" && least > 0 && most > 50 * least
    var series = names.map { name in
      let points = Self.thinned(lines[name] ?? [])
      return Chart.Series(
        name, x: points.map(\.step), y: points.map(\.value),
        style: phases.firstIndex { $0.name == name })
    }
    if !MetricsLog.standardColumns.contains(column), !kept.isEmpty {
      series.append(.init("kept", .points, x: kept.map(\.step), y: kept.map(\.value), style: 6))
    }
    return Chart(
      title, horizontal: .init("step of the phase"),
      vertical: .init(label, isLogarithmic: isWide), series)
  }

  /// Every second, third, … point, and the last.
  private static func thinned(_ points: [(step: Double, value: Double)])
    -> [(step: Double, value: Double)]
  {
    let every = (points.count + mostPoints - 1) / mostPoints
    guard every > 1 else { return points }
    return points.indices.filter { $0 % every == 0 || $0 == points.count - 1 }.map { points[$0] }
  }
}
