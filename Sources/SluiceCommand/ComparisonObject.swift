import Sluice
import SluiceReport
import SluiceTasks

/// What `compare --json` prints.
struct ComparisonObject: Encodable {
  var tasks: [Group]

  /// Runs of one task.
  struct Group: Encodable {
    var task: String
    var runs: [Run]
    /// The paths of the settings that are not the same in all runs.
    var differingSettings: [String]
    /// By metric, the folders of the runs that share the best value.
    var best: [String: [String]]
    var warnings: [String]

    private enum CodingKeys: String, CodingKey {
      case task, runs, best, warnings
      case differingSettings = "differing_settings"
    }
  }

  /// One run; what is not known is null.
  struct Run: Encodable {
    var run: String
    var state: String
    var device: String?
    var steps: Int
    var seconds: Double
    var sequencesPerSecond: Double?
    var metrics: [String: Double?]
    var baselines: [String: [String: Double?]]
    var scored: RunReport.ScoredRows?
    var settings: [String: String]
    var remark: String?

    private enum CodingKeys: String, CodingKey {
      case run, state, device, steps, seconds, metrics, baselines, scored, settings, remark
      case sequencesPerSecond = "sequences_per_s"
    }
  }
}

extension ComparisonObject.Group {
  /// - Parameter stored: The runs of the comparison, by name.
  init(_ task: String, _ comparison: RunComparison, _ stored: [String: StoredRun]) {
    self.task = task
    let all = comparison.runs.compactMap { stored[$0.name] }
    runs = all.map { ComparisonObject.Run($0) }
    differingSettings = comparison.settings.rows.compactMap(\.first)
    best = Dictionary(
      comparison.metrics.compactMap { metric in
        let places = comparison.best(of: metric)
        return places.isEmpty ? nil : (metric.key, places.map { all[$0].path })
      }, uniquingKeysWith: { first, _ in first })
    warnings = comparison.doubt.map { [$0] } ?? []
  }
}

extension ComparisonObject.Run {
  init(_ stored: StoredRun) {
    let report = stored.report
    func values(_ scores: [RunReport.Score]) -> [String: Double?] {
      Dictionary(
        scores.map { ($0.key ?? $0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    self.init(
      run: stored.path, state: stored.state.rawValue, device: stored.device, steps: stored.steps,
      seconds: stored.seconds, sequencesPerSecond: stored.sequencesPerSecond,
      metrics: values(report.scores),
      baselines: Dictionary(
        (report.outcome?.baselines ?? []).map { ($0.name, values($0.scores)) },
        uniquingKeysWith: { first, _ in first }), scored: report.outcome?.scored,
      settings: Dictionary(
        report.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      remark: stored.remark.map { translated($0, []) })
  }
}
