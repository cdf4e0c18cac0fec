import ArgumentParser
import Sluice
import SluiceSettings
import SluiceTables
import SluiceTasks

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", _superCommandName: "sluice",
    abstract: "Scores a model on a table, beside its baselines.",
    discussion: """
      Without --data the rows are those that the model's run held out, or those that single networks \
      did not learn from, scored by the networks as they were then: what `train` reported. The model must \
      lie in its run's folder, and the run's data where they were, unchanged.

      With --data:

      \(Tasks.all.map { "\($0.name): \($0.words.evaluation)" }.joined(separator: "\n\n"))
      """)

  @Option(
    help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"), completion: .directory)
  var model: String

  @Option(
    help: ArgumentHelp(
      "Rows with the truth in them, a CSV. (default: what the model's run held out)",
      valueName: "file"), completion: .file())
  var data: String?

  @OptionGroup(title: "By task") var flags: SettingFlags<EvaluationFlags>
  @OptionGroup var device: DeviceOptions

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let task = try withFlags([]) { try Tasks.ofModel(model) }
    try flags.refuse(besides: task) { $0.evaluationFlags }
    let known = task.evaluationFlags + task.flags
    let report = try withFlags(known) { try evaluated(by: task) }
    guard !Ranks.isSilent else { return }
    if json {
      try Console.json(report)
    } else {
      Console.result(ReportTable.lines(report, modelName: "this model"))
    }
    for warning in report.warnings { Console.note("warning: \(translated(warning, known))") }
  }

  private func evaluated<Task: LearningTask>(by task: Task.Type) throws -> EvaluationReport {
    guard let data else {
      if let (path, _) = flags.given.first {
        throw SettingError(
          path, "is for rows that are given", remedy: "Give them with `data.path`.",
          source: .caller)
      }
      return try FinishedRun<Task>(ofModel: model)
        .evaluate(on: Ranks.open(device))
    }
    let options = try SettingsReader<Task.EvaluationOptions>([.flags(flags.given)])
      .settings(over: Task.EvaluationOptions())
    let backend = try Ranks.open(device)
    let model = try TrainedModel<Task>(folder: model, on: backend)
    return try Task.evaluate(model, on: Table.read(data), options)
  }
}
