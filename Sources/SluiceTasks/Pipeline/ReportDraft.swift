import Foundation
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceReport
import SluiceSettings
import SluiceTraining

/// What the page of a run will show, gathered while the run trains. What earlier sessions of a resumed
/// run did is read from its folder, as its networks are.
struct ReportDraft {
  /// In the order of the training.
  var phases: [(name: String, summary: PhaseSummary)] = []
  /// What the task shows besides.
  var sections: [ReportSection] = []
  /// What the scores are of.
  var scored: RunReport.ScoredRows?

  /// The whole report.
  ///
  /// - Parameters:
  ///   - plans: Of the recurrent layers of the model's first network.
  ///   - memory: Of this session.
  /// - Throws: `FileError` where `metrics.csv` cannot be read.
  func report<Task: LearningTask>(
    of task: Task, _ result: RunResult, plans: [Recurrent.LayerPlan], device: Device,
    memory: MemoryUse
  ) throws -> RunReport {
    let metrics = try MetricsLog(path: "\(result.run)/metrics.csv")
    let name = URL(fileURLWithPath: result.run).lastPathComponent
    let scores = result.validation.map { [$0.section(explanation: evaluationNote)] }
    return RunReport(
      title: "\(Task.name): \(name)",
      facts: facts(task, result, plans, device),
      scores: (result.validation?.metrics.scores ?? [])
        + (result.validation?.backtest?.scores ?? []),
      sections: (scores ?? [Self.noScores])
        + (result.validation?.backtest.map { [$0.section] } ?? []) + sections
        + [
          LearningCurves(metrics, phases: phases).section,
          work(metrics, plans, device, memory),
        ],
      settings: try SettingsReader<Task.Settings>.values(of: task.settings).map {
        .init($0.path, $0.text)
      },
      outcome: RunReport.Outcome(
        task: Task.name, device: device.id, steps: result.steps, seconds: result.seconds,
        sequencesPerSecond: result.sequencesPerSecond,
        baselines: result.validation?.baselines.map {
          .init(name: $0.name, explanation: $0.explanation, scores: $0.metrics.scores)
        } ?? [], scored: scored))
  }

  /// What the scores are of, where a final model was trained behind them.
  private var evaluationNote: String {
    phases.contains { $0.name.hasPrefix(TrainingStage.validate) }
      && phases.contains { TrainingStage.isFinal($0.name) }
      ? "The scores and what follows them are of a model that was trained without these rows. The model "
        + "that is kept was trained once more, on all rows."
      : ""
  }

  private static let noScores = ReportSection(
    "Scores",
    prose: [
      "No rows were held out (`validation` is 0), so nothing tells how the model does on rows that it "
        + "has not seen: there are no scores, no baselines and no charts of its answers here. "
        + "`sluice evaluate` scores the model on newer rows."
    ])

  private func facts(
    _ task: some LearningTask, _ result: RunResult, _ plans: [Recurrent.LayerPlan],
    _ device: Device
  ) -> [RunReport.Fact] {
    let count = task.settings.networkCount
    let networks = count > 1 ? "\(count) networks, averaged" : "one network"
    let cells = Set(plans.map(\.descriptor.cell.title)).sorted().joined(separator: " and ")
    return [
      .init("Data", task.settings.dataPath ?? "a sample generated from the seed, nothing real"),
      .init("Columns", task.roles),
      .init("Rows", task.summary),
      .init(
        "Model", cells.isEmpty ? networks : "\(networks); recurrent layers: \(cells)"),
      .init("Device", "\(device.id), \(device.name)"),
      .init(
        "Training",
        "\(result.steps.grouped) steps in \(Format.duration(result.seconds)), "
          + "\(Int(result.sequencesPerSecond).grouped) sequences/s"),
      .init("Finished", Date().formatted(.iso8601)),
    ]
  }

  /// Speed, memory, and how each layer ran.
  private func work(
    _ metrics: MetricsLog, _ plans: [Recurrent.LayerPlan], _ device: Device, _ memory: MemoryUse
  ) -> ReportSection {
    let phaseTable = DataTable(
      "Phases", note: "The weights that were kept are those after the best step.",
      columns: [
        "phase", "steps", "best step", "time", "sequences/s", "training loss",
      ],
      phases.map { name, summary in
        [
          name, summary.steps.grouped, summary.bestStep.grouped, Format.duration(summary.seconds),
          Int(summary.sequencesPerSecond).grouped, Significant.text(summary.trainingLoss),
        ]
      })
    let planTable = DataTable(
      "How the recurrent layers ran", columns: ["layer"], isText: true,
      plans.map { [$0.description] })
    let memoryTable = DataTable(
      "Memory", note: "At the most, in the session that ended the run.",
      columns: ["where", "bytes"],
      [
        ["buffers on \(device.id)", Format.bytes(memory.peak)],
        ["the whole process", Self.processMemory.map(Format.bytes) ?? "not known"],
      ])
    let speed = LearningCurves(metrics, phases: phases).chart(
      "sequences_per_s", "Speed", label: "sequences/s")
    return ReportSection(
      "Speed, memory and plan",
      (speed.map { [.chart($0)] } ?? []) + [.table(phaseTable), .table(memoryTable)]
        + (plans.isEmpty ? [] : [.table(planTable)]))
  }

  /// The most memory that the process has held; nil where the system does not say.
  private static var processMemory: Int? {
    #if os(Linux)
      guard let status = try? FileReader.text(of: "/proc/self/status"),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
      else { return nil }
      return kilobytes * 1024
    #else
      return nil
    #endif
  }
}
