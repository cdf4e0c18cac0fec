import SluiceTraining

/// A model's metrics on some rows, with honest baselines on the same rows beside them.
package struct EvaluationReport: Hashable, Sendable, Encodable {
  package var task: String
  /// Rows that were scored.
  package var rows: Int
  package var metrics: MetricSet
  package var baselines: [Baseline]
  /// The same metrics on parts of the rows, such as those of customers that are new.
  package var subsets: [Subset]
  /// Tables that say more than one number can: a confusion matrix, a lift by decile.
  package var breakdowns: [Breakdown]
  /// What the reader of the numbers must know: rows seen in training, unknown series.
  package var notes: [String]
  /// What to make of an interval that does not hold what it should; empty: nothing more.
  package var intervalHint: String
  /// The scores at several cuts in time, these ones being those of the last; nil where that was not asked.
  package var backtest: Backtest?

  package struct Baseline: Hashable, Sendable {
    package var name: String
    /// What it does, in a few words.
    package var explanation: String
    package var metrics: MetricSet

    package init(name: String, explanation: String, metrics: MetricSet) {
      self.name = name
      self.explanation = explanation
      self.metrics = metrics
    }
  }

  /// A part of the rows, scored on its own.
  package struct Subset: Hashable, Sendable {
    /// The key in JSON: `seen`, `unseen`.
    package var name: String
    /// Which rows these are, in a few words.
    package var explanation: String
    package var rows: Int
    package var metrics: MetricSet

    package init(name: String, explanation: String, rows: Int, metrics: MetricSet) {
      self.name = name
      self.explanation = explanation
      self.rows = rows
      self.metrics = metrics
    }
  }

  /// A table of numbers about the model's answers.
  package struct Breakdown: Hashable, Sendable {
    /// The key in JSON: `confusion`, `lift`.
    package var name: String
    package var title: String
    /// What the rows are, then a title for each number.
    package var columns: [String]
    package var rows: [Row]
    /// Whether the first numbers of the rows are a square of counts: what was taken for what.
    package var isMatrix: Bool

    package struct Row: Hashable, Sendable {
      package var label: String
      /// As many as there are columns but the first; NaN where there is none.
      package var values: [Double]

      package init(_ label: String, _ values: [Double]) {
        self.label = label
        self.values = values
      }
    }

    package init(
      name: String, title: String, columns: [String], rows: [Row], isMatrix: Bool = false
    ) {
      self.isMatrix = isMatrix
      self.name = name
      self.title = title
      self.columns = columns
      self.rows = rows
    }
  }

  package init(
    task: String, rows: Int, metrics: MetricSet, baselines: [Baseline], subsets: [Subset] = [],
    breakdowns: [Breakdown] = [], notes: [String] = [], intervalHint: String = ""
  ) {
    self.task = task
    self.rows = rows
    self.metrics = metrics
    self.baselines = baselines
    self.subsets = subsets
    self.breakdowns = breakdowns
    self.notes = notes
    self.intervalHint = intervalHint
  }

  private enum CodingKeys: String, CodingKey {
    case task, rows, metrics, baselines, breakdowns, notes, warnings, backtest
  }

  /// `{"task", "rows", "metrics": {…}, "baselines": {name: {…}}}`; subsets stand among the metrics
  /// under their names, with their number of rows.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(rows, forKey: .rows)
    var own = container.nestedContainer(keyedBy: MetricSet.Key.self, forKey: .metrics)
    try metrics.encode(into: &own)
    for subset in subsets {
      var part = own.nestedContainer(
        keyedBy: MetricSet.Key.self, forKey: MetricSet.Key(stringValue: subset.name))
      try part.encode(subset.rows, forKey: MetricSet.Key(stringValue: "rows"))
      try subset.metrics.encode(into: &part)
    }
    let named = Dictionary(uniqueKeysWithValues: baselines.map { ($0.name, $0.metrics) })
    try container.encode(named, forKey: .baselines)
    if !breakdowns.isEmpty {
      let tables = Dictionary(uniqueKeysWithValues: breakdowns.map { ($0.name, $0) })
      try container.encode(tables, forKey: .breakdowns)
    }
    if !notes.isEmpty { try container.encode(notes, forKey: .notes) }
    let warnings = warnings
    if !warnings.isEmpty { try container.encode(warnings, forKey: .warnings) }
    try container.encodeIfPresent(backtest, forKey: .backtest)
  }
}

extension EvaluationReport.Breakdown: Encodable {
  /// A list of objects: the label under the first column's title, each number under its own.
  package func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for row in rows {
      var object = list.nestedContainer(keyedBy: MetricSet.Key.self)
      if let first = columns.first {
        try object.encode(row.label, forKey: MetricSet.Key(stringValue: first))
      }
      try MetricSet(zip(columns.dropFirst(), row.values).map { MetricValue($0, $1) })
        .encode(into: &object)
    }
  }
}
