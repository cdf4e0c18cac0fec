/// Several runs side by side: what differs in their settings, their scores, and every chart that they
/// have beside that of the others.
package struct ComparisonPage {
  private let comparison: RunComparison
  private var runs: [RunComparison.Run] { comparison.runs }

  /// - Parameter runs: Their names tell them apart.
  package init(_ runs: [RunComparison.Run]) {
    comparison = RunComparison(runs)
  }

  /// One file that needs nothing else.
  package var text: String {
    let title = runs.map(\.name).joined(separator: ", ")
    return PageParts.document(title: title) { body in
      body.element("h1", title)
      body.element("div", ["class": "grid"]) { grid in
        for table in [comparison.facts, comparison.settings, comparison.scores] {
          PageParts.figure(.table(table), into: &grid)
        }
      }
      for section in sectionTitles { write(section, into: &body) }
    }
  }

  private var sectionTitles: [String] {
    RunComparison.merged(runs.map { $0.report.sections.map(\.title) })
  }

  private func write(_ title: String, into body: inout Markup) {
    body.element("section") { part in
      part.element("h2", title)
      let sections = runs.map { run in run.report.sections.first { $0.title == title } }
      let items = RunComparison.merged(sections.map { $0?.items.map(\.title) ?? [] })
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
