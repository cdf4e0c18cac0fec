import ArgumentParser
import Sluice
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTables
import SluiceTasks

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", _superCommandName: "sluice",
    abstract: "Writes a model's answers beside the rows they are for.",
    discussion: """
      The columns of --data are repeated, and the answers appended.

      \(Tasks.all.map { "\($0.name): \($0.words.prediction)" }.joined(separator: "\n\n"))
      """)

  @Option(
    help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"), completion: .directory)
  var model: String

  @Option(
    help: ArgumentHelp("The rows to answer for, a CSV.", valueName: "file"), completion: .file())
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where the answers go, a CSV; - for standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  @OptionGroup(title: "By task") var flags: SettingFlags<PredictionFlags>
  @OptionGroup var device: DeviceOptions

  @Flag(help: "No preview and no notes; warnings and errors only.")
  var quiet = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output needs the name of a file, or -") }
  }

  func run() throws {
    let task = try withFlags([]) { try Tasks.ofModel(model) }
    try flags.refuse(besides: task) { $0.predictionFlags }
    // Messages speak of what a training should have been told too.
    let known = task.predictionFlags + task.flags
    try withFlags(known) {
      try InputFiles([data].compactMap { $0 }, folders: [model]).refuse(output)
    }
    let answers = try withFlags(known) { try predicted(by: task) }
    guard !Ranks.isSilent else { return }
    for warning in answers.warnings { Console.note("warning: \(warning)") }
    let text = Array((answers.lines.joined(separator: "\n") + "\n").utf8)
    let csv = answers.csv ?? text
    if output == "-" { return Console.write(csv, to: 1) }
    try withFlags(known) { try AtomicFile.write(csv, to: output) }
    if !quiet { show(answers) }
  }

  private func predicted<Task: LearningTask>(by task: Task.Type) throws -> Answers {
    let options = try SettingsReader<Task.PredictionOptions>([.flags(flags.given)])
      .settings(over: Task.PredictionOptions())
    let backend = try Ranks.open(device)
    let model = try TrainedModel<Task>(folder: model, on: backend)
    return try Task.predict(model, for: data.map { try Table.read($0) }, options)
  }

  private func show(_ answers: Answers) {
    if let header = answers.preview.first {
      var table = TextTable(header)
      for row in answers.preview.dropFirst() { table.add(row) }
      for line in table.lines { Console.note("  " + line) }
      Console.note("")
    }
    let remark = answers.remark.isEmpty ? "" : "; \(answers.remark)"
    Console.note("Wrote \(answers.count.grouped) \(answers.noun) to \(output)\(remark).")
  }
}
