import ArgumentParser
import Foundation
import Sluice
import SluiceReport
import SluiceTasks

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", _superCommandName: "sluice",
    abstract: "Prints runs side by side: settings that differ, scores, speed.",
    discussion: """
      What there is to say of a run lies in its folder, whether it has ended or not: no data are read. \
      Runs of several tasks, which have no metrics in common, stand in a table for each task. The best \
      score of each metric has a star, where all are of the same rows.

        sluice compare runs/* --sort smape

      Charts side by side: `sluice report`.
      """)

  @Argument(
    help: ArgumentHelp("The folders of runs.", valueName: "run"), completion: .directory)
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The best runs first, by a metric such as smape or auc, or by seconds or sequences_per_s.",
      valueName: "metric"))
  var sort: String?

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let stored = Dictionary(
      zip(names, try runs.map { try StoredRun($0) }), uniquingKeysWith: { first, _ in first })
    let groups = try groups(stored)
    if json {
      return try Console.json(
        ComparisonObject(tasks: groups.map { .init($0.task, $0.comparison, stored) }))
    }
    let parts = groups.map { task, comparison in
      (groups.count > 1 ? [task.isEmpty ? "no task" : task, ""] : [])
        + ComparisonTable(comparison, stored).lines(width: Console.width).map { line in
          Console.folded(translated(line, []))
        }
    }
    Console.result(Array(parts.joined(separator: [""])))
  }

  /// The runs of each task, in the order in which the tasks come first.
  private func groups(_ stored: [String: StoredRun]) throws -> [(
    task: String, comparison: RunComparison
  )] {
    var groups: [(task: String, runs: [RunComparison.Run])] = []
    for name in names {
      guard let run = stored[name] else { continue }
      if let place = groups.firstIndex(where: { $0.task == run.task }) {
        guard !groups[place].runs.contains(where: { $0.name == name }) else { continue }
        groups[place].runs.append((name, run.report))
      } else {
        groups.append((run.task, [(name, run.report)]))
      }
    }
    let comparisons = groups.map { (task: $0.task, comparison: RunComparison($0.runs)) }
    guard let sort else { return comparisons }
    let metrics = comparisons.flatMap(\.comparison.metrics)
    let known = { (metric: RunComparison.Metric) in
      [metric.key, metric.name.lowercased()].contains(sort.lowercased())
    }
    let work = ["seconds", "sequences_per_s"]
    guard work.contains(sort) || metrics.contains(where: known) else {
      var seen: Set<String> = []
      let keys = metrics.map(\.key).filter { seen.insert($0).inserted } + work
      throw ValidationError("--sort takes one of: \(keys.joined(separator: ", ")); not \(sort)")
    }
    return comparisons.map { task, comparison in
      if let metric = comparison.metrics.first(where: known) {
        return (task, comparison.sorted(by: metric))
      }
      return (
        task,
        comparison.sorted { place in
          let run = stored[comparison.runs[place].name]
          return sort == "seconds" ? run?.seconds : run?.sequencesPerSecond.map { -$0 }
        }
      )
    }
  }

  /// The names of the folders, or their paths where two have the same.
  private var names: [String] { RunNames.short(runs) }
}

/// What runs are called beside each other.
enum RunNames {
  /// The names of the folders, or the paths as they were given where two have the same.
  static func short(_ folders: [String]) -> [String] {
    let names = folders.map { URL(fileURLWithPath: $0).lastPathComponent }
    return Set(names).count == names.count ? names : folders
  }
}
