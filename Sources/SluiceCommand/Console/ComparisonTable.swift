import Sluice
import SluiceReport

/// Prints runs of one task side by side: a column for each, in as many blocks as the width asks for.
struct ComparisonTable {
  private let comparison: RunComparison
  /// By the names of the comparison's runs.
  private let stored: [String: StoredRun]

  /// - Parameter stored: The runs of the comparison, by name.
  init(_ comparison: RunComparison, _ stored: [String: StoredRun]) {
    self.comparison = comparison
    self.stored = stored
  }

  /// - Parameter width: In columns.
  func lines(width: Int) -> [String] {
    let names = comparison.runs.map(\.name)
    let parts = sections
    let byName = Self.folded(parts, names, width: width)
    guard byName.count > 1, (names.map(\.count).max() ?? 0) > Self.longName else {
      return byName.joined(separator: [""]) + remarks
    }
    // Long names would leave room for few runs: numbers stand for them.
    let numbers = names.indices.map { "#\($0 + 1)" }
    let legend = zip(numbers, names).map { "\($0)  \($1)" }
    return legend + [""] + Self.folded(parts, numbers, width: width).joined(separator: [""])
      + remarks
  }

  private static let longName = 12
  private static let longCell = 20

  /// A title, and rows: a label, then a cell for each run.
  private typealias Section = (title: String, rows: [[String]])

  private var sections: [Section] {
    let settings = comparison.settings
    let runs = comparison.runs.compactMap { stored[$0.name] }
    let isAnyUnfinished = runs.contains { $0.state != .finished }
    let work: [[String]] =
      (isAnyUnfinished ? [["state"] + runs.map(\.state.rawValue)] : []) + [
        ["device"] + runs.map { $0.device ?? "–" },
        ["steps"] + runs.map { $0.steps > 0 ? Format.count($0.steps) : "–" },
        ["time"] + runs.map { $0.steps > 0 ? Format.duration($0.seconds) : "–" },
        ["sequences/s"]
          + runs.map { run in
            run.sequencesPerSecond.map { Format.count(Int($0)) } ?? "–"
          },
      ]
    let scores = comparison.scores
    return [
      (
        comparison.runs.count > 1
          ? settings.rows.isEmpty ? "all settings are the same" : "settings that differ" : "",
        comparison.runs.count > 1 ? settings.rows : []
      ),
      (scores.rows.isEmpty ? "no scores" : "scores", Self.aligned(scores.rows)),
      ("work", work),
    ].filter { !$0.0.isEmpty }
  }

  /// Room for a star behind every number where one has it.
  private static func aligned(_ rows: [[String]]) -> [[String]] {
    guard rows.joined().contains(where: { $0.hasSuffix(RunComparison.mark) }) else { return rows }
    return rows.map { row in
      [row[0]] + row.dropFirst().map { $0.hasSuffix(RunComparison.mark) ? $0 : $0 + "  " }
    }
  }

  /// What stands below the table.
  private var remarks: [String] {
    let words = comparison.runs.compactMap { run in
      stored[run.name]?.remark.map { "note: \(run.name) \($0)" }
    }
    let doubt = comparison.doubt.map { ["warning: \($0)"] } ?? []
    let isMarked = comparison.metrics.contains { !comparison.best(of: $0).isEmpty }
    return isMarked ? ["* the best; all scores are of the same rows"] + words : doubt + words
  }

  /// The table in blocks of as many runs as fit beside the labels.
  private static func folded(_ sections: [Section], _ names: [String], width: Int) -> [[String]] {
    let rows = sections.flatMap(\.rows)
    let labels = (rows.map { $0[0].count + 2 } + sections.map(\.title.count)).max() ?? 0
    let widths = names.indices.map { run in
      max(names[run].count, rows.map { shortened($0[run + 1]).count }.max() ?? 0) + 2
    }
    var blocks: [[Int]] = []
    var room = 0
    for run in names.indices {
      if room < widths[run] || blocks.isEmpty {
        blocks.append([])
        room = max(width - labels, widths[run])
      }
      blocks[blocks.count - 1].append(run)
      room -= widths[run]
    }
    return blocks.map { block in
      var table = TextTable([""] + block.map { names[$0] })
      for section in sections {
        table.add([section.title])
        for row in section.rows {
          table.add(["  \(row[0])"] + block.map { shortened(row[$0 + 1]) })
        }
      }
      return table.lines
    }
  }

  /// The end of what is long: of a path it says the most.
  private static func shortened(_ cell: String) -> String {
    let line = cell.split(whereSeparator: \.isNewline).joined(separator: " ")
    if line.isEmpty { return "–" }
    return line.count > longCell ? "…" + line.suffix(longCell - 1) : line
  }
}
