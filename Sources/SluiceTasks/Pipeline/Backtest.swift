import SluiceTraining

/// Scores at several cuts in time: at each the rows behind it were forecast from those before it.
///
/// One cut may be a lucky one; the mean over several, and how far they are apart, say more.
package struct Backtest: Hashable, Sendable {
  /// The oldest first.
  package var cuts: [Cut]
  /// Whether a model was trained for each cut; else one and the same was asked at all of them.
  package var isRetrained: Bool

  /// What was scored behind one cut.
  package struct Cut: Hashable, Sendable {
    /// The dates of the first and the last row.
    package var first: String
    package var last: String
    package var report: EvaluationReport

    package init(first: String, last: String, report: EvaluationReport) {
      self.first = first
      self.last = last
      self.report = report
    }

    /// The report on rows that have dates; else they are not named.
    init(_ heldOut: HeldOut, _ report: EvaluationReport) {
      self.init(
        first: heldOut.span?.first ?? "", last: heldOut.span?.last ?? "", report: report)
    }

    package var span: String { "\(first) to \(last)" }
  }

  package init(_ cuts: [Cut], isRetrained: Bool) {
    self.cuts = cuts
    self.isRetrained = isRetrained
  }

  /// A mean, and the sample standard deviation; NaN where there are too few values for it.
  package struct Spread: Hashable, Sendable {
    package let mean: Double
    package let deviation: Double

    init(_ values: [Double]) {
      let count = Double(values.count)
      mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { [mean] in $0 + ($1 - mean) * ($1 - mean) }
      deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : .nan
    }
  }

  /// What stands beside the model at every cut; a baseline that some cut has too little past for is none
  /// of them.
  package var baselines: [EvaluationReport.Baseline] {
    (cuts.last?.report.baselines ?? []).filter { baseline in
      cuts.allSatisfy { $0.report.baselines.contains { $0.name == baseline.name } }
    }
  }

  /// The names of the model's metrics.
  package var metrics: [String] { cuts.last?.report.metrics.values.map(\.name) ?? [] }

  /// One metric at each cut; NaN where it is not known.
  ///
  /// - Parameter baseline: Whose; nil: the model's.
  package func values(of metric: String, baseline: String? = nil) -> [Double] {
    cuts.map { cut in
      guard let baseline else { return cut.report.metrics[metric] ?? .nan }
      return cut.report.baselines.first { $0.name == baseline }?.metrics[metric] ?? .nan
    }
  }

  package func spread(of metric: String, baseline: String? = nil) -> Spread {
    Spread(values(of: metric, baseline: baseline))
  }

  /// At how many cuts the model does better than the baseline that is the best on the mean; nil where
  /// there is none.
  package var verdict: String? {
    guard let metric = cuts.last?.report.metrics.values.first else { return nil }
    let aim = metric.aim
    let means = baselines.map {
      (baseline: $0, mean: spread(of: metric.name, baseline: $0.name).mean)
    }.filter { $0.mean.isFinite }
    guard let best = means.min(by: { aim.distance($0.mean) < aim.distance($1.mean) }) else {
      return nil
    }
    let pairs = zip(
      values(of: metric.name), values(of: metric.name, baseline: best.baseline.name))
    let wins = pairs.count { aim.distance($0) < aim.distance($1) }
    return
      "by \(metric.title) the model does better at \(wins) of \(cuts.count) cuts than the baseline "
      + "that is the best on the mean, \(best.baseline.explanation)"
  }
}

extension Backtest: Encodable {
  private enum CodingKeys: String, CodingKey {
    case cuts, mean, deviation, retrained
  }

  /// `{"retrained", "cuts": [{"from", "to", "rows", "metrics", "baselines"}], "mean": {"metrics",
  /// "baselines"}, "deviation": likewise}`
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isRetrained, forKey: .retrained)
    try container.encode(cuts, forKey: .cuts)
    try container.encode(summary { $0.mean }, forKey: .mean)
    try container.encode(summary { $0.deviation }, forKey: .deviation)
  }

  private struct Summary: Encodable {
    var metrics: MetricSet
    var baselines: [String: MetricSet]
  }

  private func summary(_ number: (Spread) -> Double) -> Summary {
    func set(_ names: [String], _ baseline: String?) -> MetricSet {
      MetricSet(names.map { MetricValue($0, number(spread(of: $0, baseline: baseline))) })
    }
    return Summary(
      metrics: set(metrics, nil),
      baselines: Dictionary(
        uniqueKeysWithValues: baselines.map {
          ($0.name, set($0.metrics.values.map(\.name), $0.name))
        }))
  }
}

extension Backtest.Cut: Encodable {
  private enum CodingKeys: String, CodingKey {
    case from, to, rows, metrics, baselines
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(first, forKey: .from)
    try container.encode(last, forKey: .to)
    try container.encode(report.rows, forKey: .rows)
    try container.encode(report.metrics, forKey: .metrics)
    try container.encode(
      Dictionary(uniqueKeysWithValues: report.baselines.map { ($0.name, $0.metrics) }),
      forKey: .baselines)
  }
}
