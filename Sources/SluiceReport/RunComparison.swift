/// Several runs beside each other: in what their settings differ, their scores, and which is the best.
package struct RunComparison {
  /// A run by a name that tells it from the others.
  package typealias Run = (name: String, report: RunReport)

  /// In the order of the columns.
  package private(set) var runs: [Run]

  package init(_ runs: [Run]) {
    self.runs = runs
  }

  // MARK: Tables, a column for each run

  package var facts: DataTable {
    table("Runs", isText: true) { run in run.facts.map { ($0.name, $0.value) } }
  }

  /// The settings whose values are not all the same.
  package var settings: DataTable {
    var all = table("Settings that differ", isText: true) { run in
      run.settings.map { ($0.name, $0.value) }
    }
    all.rows.removeAll { Set($0.dropFirst()).count < 2 }
    if all.rows.isEmpty { all.note = "All settings are the same." }
    return all
  }

  /// The metrics of the models, the best of each marked where they are comparable, and below each that of
  /// the run's own best baseline.
  package var scores: DataTable {
    let rows = metrics.flatMap { metric -> [[String]] in
      let best = best(of: metric)
      let own = runs.indices.map { run in
        text(of: metric, in: run) + (best.contains(run) ? Self.mark : "")
      }
      let baselines = runs.indices.map { bestBaseline(by: metric, in: $0) }
      guard baselines.contains(where: { $0 != nil }) else { return [[metric.name] + own] }
      return [
        [metric.name] + own, ["… of its best baseline"] + baselines.map { Significant.text($0) },
      ]
    }
    var all = DataTable("Scores of the models", columns: [""] + runs.map(\.name), rows)
    if rows.isEmpty {
      all.note = "No run has scores."
    } else {
      all.note =
        doubt
        ?? (rows.joined().contains { $0.hasSuffix(Self.mark) }
          ? "All on the same rows; * is the best." : "")
    }
    return all
  }

  /// Behind the best.
  package static let mark = " *"

  private func text(of metric: Metric, in run: Int) -> String {
    let score = runs[run].report.scores.first { $0.name == metric.name }
    guard let mean = score?.value, let deviation = score?.deviation else {
      return Significant.text(score?.value)
    }
    return Significant.text(mean, deviation: deviation)
  }

  /// A row for each name that any run has.
  private func table(
    _ title: String, isText: Bool, _ pairs: (RunReport) -> [(name: String, value: String)]
  ) -> DataTable {
    let columns = runs.map { run in
      Dictionary(
        pairs(run.report).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    let names = Self.merged(runs.map { pairs($0.report).map(\.name) })
    return DataTable(
      title, columns: [""] + runs.map(\.name), isText: isText,
      names.map { name in [name] + columns.map { $0[name] ?? "" } })
  }

  /// All names, each once, in the order of the first list that has it.
  static func merged(_ lists: [[String]]) -> [String] {
    var seen: Set<String> = []
    return lists.joined().filter { seen.insert($0).inserted }
  }

  // MARK: Scores

  /// A metric that any run has.
  package struct Metric: Hashable {
    package let name: String
    package let key: String
    /// Nil: nobody says which values are good.
    package let aim: RunReport.Aim?
  }

  /// All metrics of the models.
  package var metrics: [Metric] {
    let all = runs.flatMap(\.report.scores)
    return Self.merged([all.map(\.name)]).map { name in
      let same = all.filter { $0.name == name }
      return Metric(
        name: name, key: same.lazy.compactMap(\.key).first ?? name,
        aim: same.lazy.compactMap(\.aim).first)
    }
  }

  /// - Returns: Nil where the run has none.
  package func value(of metric: Metric, in run: Int) -> Double? {
    runs[run].report.scores.first { $0.name == metric.name }?.value
  }

  /// The runs that share the best value; none where only one has any, or they are not comparable.
  package func best(of metric: Metric) -> [Int] {
    let known = runs.indices.filter { value(of: metric, in: $0) != nil }
    guard doubt == nil, known.count > 1, let aim = metric.aim else { return [] }
    let distances = known.map { aim.distance(value(of: metric, in: $0) ?? .infinity) }
    let least = distances.min()
    return zip(known, distances).filter { $0.1 == least }.map(\.0)
  }

  private func bestBaseline(by metric: Metric, in run: Int) -> Double? {
    guard let aim = metric.aim, let outcome = runs[run].report.outcome else { return nil }
    return outcome.baselines.compactMap { baseline in
      baseline.scores.first { $0.name == metric.name }?.value
    }.min { aim.distance($0) < aim.distance($1) }
  }

  /// Why scores are not to be compared with each other; nil: they are of the same rows.
  package var doubt: String? {
    let scored = runs.filter { !$0.report.scores.isEmpty }
    guard scored.count > 1 else { return nil }
    let silent = scored.filter { $0.report.outcome?.scored == nil }.map(\.name)
    if !silent.isEmpty {
      return
        "Nothing says which rows the scores of \(silent.joined(separator: ", ")) are of, so no best "
        + "is marked."
    }
    var groups: [(rows: RunReport.ScoredRows, names: [String])] = []
    for run in scored {
      guard let rows = run.report.outcome?.scored else { continue }
      if let place = groups.firstIndex(where: { $0.rows.isSame(as: rows) }) {
        groups[place].names.append(run.name)
      } else {
        groups.append((rows, [run.name]))
      }
    }
    guard groups.count > 1 else { return nil }
    let isOneTable = Set(groups.map(\.rows.data)).count == 1
    let parts = groups.map { group in
      "\(group.names.joined(separator: ", ")) "
        + (group.rows.note.isEmpty ? "" : "\(group.rows.note), ")
        + "\(Significant.text(Double(group.rows.count))) rows"
    }
    return
      "The scores are of different \(isOneTable ? "rows" : "data") and cannot be compared, so no "
      + "best is marked: \(parts.joined(separator: "; "))."
  }

  // MARK: Order

  /// The same with the best runs by a metric first, those that lack it last.
  package func sorted(by metric: Metric) -> RunComparison {
    let aim = metric.aim ?? .least
    return sorted { run in value(of: metric, in: run).map(aim.distance) }
  }

  /// The same with the runs in order of some number, those without it last.
  package func sorted(by number: (_ run: Int) -> Double?) -> RunComparison {
    let keys = runs.indices.map { (number($0) ?? .infinity, $0) }
    var result = self
    result.runs = runs.indices.sorted { keys[$0] < keys[$1] }.map { runs[$0] }
    return result
  }
}
