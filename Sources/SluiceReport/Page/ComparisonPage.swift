/// Several runs side by side: what differs in their settings, their scores, and every chart that they
/// have beside that of the others.
package struct ComparisonPage {
  private let runs: [(name: String, report: RunReport)]

  /// - Parameter runs: Their names tell them apart.
  package init(_ runs: [(name: String, report: RunReport)]) {
    self.runs = runs
  }

  /// One file that needs nothing else.
  package var text: String {
    let title = runs.map(\.name).joined(separator: ", ")
    return PageParts.document(title: title) { body in
      body.element("h1", title)
      body.element("div", ["class": "grid"]) { grid in
        for table in [facts, settings, scores] {
          PageParts.figure(.table(table), into: &grid)
        }
      }
      for section in sectionTitles { write(section, into: &body) }
    }
  }

  private var facts: DataTable {
    table("Runs", isText: true) { run in run.facts.map { ($0.name, $0.value) } }
  }

  /// The settings whose values are not all the same.
  private var settings: DataTable {
    var all = table("Settings that differ", isText: true) { run in
      run.settings.map { ($0.name, $0.value) }
    }
    all.rows.removeAll { Set($0.dropFirst()).count < 2 }
    if all.rows.isEmpty { all.note = "All settings are the same." }
    return all
  }

  private var scores: DataTable {
    var all = table("Scores of the models") { run in
      run.scores.map { ($0.name, Significant.text($0.value)) }
    }
    if all.rows.isEmpty {
      all.note = "No run has scores."
    } else {
      all.note = "Each on the rows that it held out: they are comparable where these are the same."
    }
    return all
  }

  /// A row for each name that any run has, a column for each run.
  private func table(
    _ title: String, isText: Bool = false, _ pairs: (RunReport) -> [(name: String, value: String)]
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
  private static func merged(_ lists: [[String]]) -> [String] {
    var seen: Set<String> = []
    return lists.joined().filter { seen.insert($0).inserted }
  }

  private var sectionTitles: [String] {
    Self.merged(runs.map { $0.report.sections.map(\.title) })
  }

  private func write(_ title: String, into body: inout Markup) {
    body.element("section") { part in
      part.element("h2", title)
      let sections = runs.map { run in run.report.sections.first { $0.title == title } }
      let items = Self.merged(sections.map { $0?.items.map(\.title) ?? [] })
      for item in items {
        let found = sections.map { section in section?.items.first { $0.title == item } }
        let shared = Self.sharing(found)
        part.element("div", ["class": "pair", "style": "--runs:\(runs.count)"]) { row in
          for (run, item) in zip(runs, shared) {
            if let item {
              PageParts.figure(item, owner: run.name, into: &row)
            } else {
              row.element("div") { _ in }
            }
          }
        }
      }
    }
    body.raw("\n")
  }

  /// Charts of one title get one extent, so that they can be compared by eye.
  private static func sharing(_ items: [ReportItem?]) -> [ReportItem?] {
    let charts = items.compactMap { item -> Chart? in
      if case .chart(let chart) = item { chart } else { nil }
    }
    let areBars = charts.contains { $0.series.contains { $0.mark == .bars } }
    guard charts.count > 1, !areBars, charts.allSatisfy({ $0.horizontal.names.isEmpty }) else {
      return items
    }
    let frames = charts.map(ChartFrame.init)
    let x = frames.map(\.horizontal)
    let y = frames.map(\.vertical)
    return items.map { item in
      guard case .chart(var chart) = item else { return item }
      chart.horizontal.lower = x.map(\.lowerBound).min()
      chart.horizontal.upper = x.map(\.upperBound).max()
      chart.vertical.lower = y.map(\.lowerBound).min()
      chart.vertical.upper = y.map(\.upperBound).max()
      chart.vertical.isLogarithmic = charts.allSatisfy(\.vertical.isLogarithmic)
      return .chart(chart)
    }
  }
}
