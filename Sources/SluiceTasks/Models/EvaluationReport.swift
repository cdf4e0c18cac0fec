/// A model's metrics on some rows, with honest baselines on the same rows beside them.
public struct EvaluationReport: Hashable, Sendable, Encodable {
  public var task: String
  /// Rows that were scored.
  public var rows: Int
  public var metrics: MetricSet
  public var baselines: [Baseline]
  /// What the reader of the numbers must know: rows seen in training, unknown series.
  public var notes: [String]

  public struct Baseline: Hashable, Sendable {
    public var name: String
    /// What it does, in a few words.
    public var explanation: String
    public var metrics: MetricSet

    public init(name: String, explanation: String, metrics: MetricSet) {
      self.name = name
      self.explanation = explanation
      self.metrics = metrics
    }
  }

  public init(
    task: String, rows: Int, metrics: MetricSet, baselines: [Baseline], notes: [String] = []
  ) {
    self.task = task
    self.rows = rows
    self.metrics = metrics
    self.baselines = baselines
    self.notes = notes
  }

  private enum CodingKeys: String, CodingKey {
    case task, rows, metrics, baselines, notes
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(rows, forKey: .rows)
    try container.encode(metrics, forKey: .metrics)
    let named = Dictionary(uniqueKeysWithValues: baselines.map { ($0.name, $0.metrics) })
    try container.encode(named, forKey: .baselines)
    if !notes.isEmpty { try container.encode(notes, forKey: .notes) }
  }
}
