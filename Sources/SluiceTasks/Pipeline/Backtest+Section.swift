import SluiceReport
import SluiceTraining

extension Backtest {
  /// Baselines in a chart, at most: the best on the mean.
  private static let mostLines = 3

  /// The scores by cut, as charts and tables.
  var section: ReportSection {
    ReportSection(
      "Backtest",
      prose: [
        "The rows are cut in time at \(cuts.count) places, and at each a model that was trained on what "
          + "lies before it is scored on what comes after it. The last cut is that of the scores above. The "
          + "spread is the sample standard deviation over the cuts."
      ] + (verdict.map { ["\($0.prefix(1).uppercased())\($0.dropFirst())."] } ?? []),
      charts.map { .chart($0) } + ([means, own] + others).map { .table($0) })
  }

  private var shown: [MetricValue] { cuts.last?.report.metrics.values ?? [] }

  /// The metrics that baselines have too.
  private var shared: [MetricValue] {
    shown.filter { metric in baselines.contains { $0.metrics[metric.name] != nil } }
  }

  /// The first two metrics: an error in percent and one in units of the series.
  private var charts: [Chart] {
    let x = cuts.indices.map(Double.init)
    return shared.prefix(2).map { metric in
      let best = baselines.sorted {
        metric.aim.distance(spread(of: metric.name, baseline: $0.name).mean)
          < metric.aim.distance(spread(of: metric.name, baseline: $1.name).mean)
      }.prefix(Self.mostLines)
      return Chart(
        "\(metric.title) by cut",
        note: baselines.count > best.count
          ? "Of \(baselines.count) baselines those that are the best on the mean." : "",
        horizontal: .init("first step that is scored", names: cuts.map(\.first)),
        vertical: .init(metric.title),
        best.enumerated().map { place, baseline in
          .init(
            baseline.explanation, x: x, y: values(of: metric.name, baseline: baseline.name),
            style: place + 1)
        } + [.init("this model", x: x, y: values(of: metric.name), style: 0)])
    }
  }

  private var means: DataTable {
    func row(_ title: String, _ baseline: String?) -> [String] {
      [title]
        + shown.map { metric in
          let spread = spread(of: metric.name, baseline: baseline)
          guard spread.mean.isFinite else { return "" }
          return Significant.text(spread.mean, deviation: spread.deviation)
        }
    }
    return DataTable(
      "Mean ± standard deviation over \(cuts.count) cuts", columns: [""] + shown.map(\.title),
      [row("this model", nil)] + baselines.map { row($0.explanation, $0.name) })
  }

  /// A row for each cut.
  private var own: DataTable {
    DataTable(
      "This model by cut", columns: ["scored"] + shown.map(\.title),
      cuts.map { cut in
        [cut.span] + shown.map { cut.report.metrics[$0.name].map { Significant.text($0) } ?? "" }
      })
  }

  /// A table for each metric, those that only some cuts have among them.
  private var others: [DataTable] {
    var all: [EvaluationReport.Baseline] = []
    for baseline in cuts.reversed().flatMap(\.report.baselines)
    where !all.contains(where: { $0.name == baseline.name }) {
      all.append(baseline)
    }
    return shared.map { metric in
      DataTable(
        "\(metric.title) of the baselines by cut", columns: ["scored from"] + cuts.map(\.first),
        all.map { baseline in
          [baseline.explanation]
            + values(of: metric.name, baseline: baseline.name).map {
              $0.isFinite ? Significant.text($0) : ""
            }
        })
    }
  }

  /// The means of the model's metrics, for a comparison with other runs.
  var scores: [RunReport.Score] {
    shown.map { metric in
      let spread = spread(of: metric.name)
      return RunReport.Score(
        "\(metric.title), \(cuts.count) cuts", spread.mean, key: "\(metric.name)_mean",
        aim: metric.aim, deviation: spread.deviation)
    }
  }
}
