import ArgumentParser
import Logging
import Sluice
import SluicePlatform
import SluiceTasks

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", _superCommandName: "sluice",
    abstract: "Trains a model from a CSV, and reports on rows that it has not seen.",
    subcommands: Tasks.all.map { subcommand($0) })

  private static func subcommand<Task: LearningTask>(_ task: Task.Type) -> any ParsableCommand.Type
  {
    TrainTaskCommand<Task>.self
  }
}

/// `train` of one task.
struct TrainTaskCommand<Task: LearningTask>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Task.name, _superCommandName: "sluice train", abstract: Task.words.abstract,
      discussion: Task.words.discussion)
  }

  @OptionGroup(title: "Columns") var columns: SettingFlags<ColumnFlags<Task>>
  @OptionGroup(title: "Settings") var settings: SettingFlags<TrainingFlags<Task>>
  @OptionGroup(title: "Run") var options: RunOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Settings to begin with: "
        + Task.recipes.map { "\($0.name) (\($0.help))" }.joined(separator: "; ") + ".",
      valueName: "name"), completion: .list(Task.recipes.map(\.name)))
  var recipe: String?

  func validate() throws {
    if options.config != nil && recipe != nil {
      throw ValidationError("--config and --recipe both give a configuration: choose one")
    }
  }

  func run() throws {
    var request = TrainingRequest<Task>()
    request.settingsFile = options.config
    request.recipe = recipe
    request.flags = columns.given + settings.given
    request.output = options.output
    request.resumes = options.resume
    try withFlags(Task.flags) { try train(request) }
  }

  private func train(_ request: TrainingRequest<Task>) throws {
    var request = request
    let ranks = try Ranks.join()
    guard ranks.size == 1 || options.onDeviceLost != .resume else {
      throw ValidationError(
        "--on-device-lost resume is for one process: of several, start all again with --resume")
    }
    request.ranks = ranks
    let log = LogFile()
    let isQuiet = output.quiet
    let logger = Logger(label: "sluice") { _ -> any LogHandler in
      if Ranks.isSilent { return SwiftLogNoOpLogHandler() }
      return RunLogHandler(isQuiet: isQuiet, file: log)
    }
    let tellDelay: @Sendable (String) -> Void = { logger.info("\($0)") }
    var reopensDevice: (() throws -> any Backend)?
    let prepared = try request.prepare(logger: logger) {
      let backend = try Devices.open(
        device.device, threads: device.threads, ranks: ranks, onDelay: tellDelay)
      reopensDevice = Devices.reopening(backend, onDelay: tellDelay)
      return backend
    }
    if prepared.run.isWritten { try log.open(prepared.run.logPath) }
    var output = output
    output.quiet = output.quiet || !ranks.isRoot
    let reporter = TrainingReporter(logger: logger, output: output, flags: Task.flags)
    for remark in prepared.remarks { reporter.show(remark) }
    let training = prepared.training
    training.requiresPersistent = options.requirePersistent
    training.isDeviceNamed = device.device != "auto"
    if options.onDeviceLost == .resume { training.reopensDevice = reopensDevice }
    training.tunes = options.tune == .auto
    training.reports = options.report == .on
    training.writesEvents = options.tensorboard
    if ranks.isRoot { training.onEvent = { reporter.show($0) } }
    ProcessSignals.watchInterruptions(silently: ranks.size > 1)
    training.shouldStop = { ProcessSignals.wasInterrupted }
    training.abandonsStep = { ProcessSignals.wasInterrupted }
    guard let result = try training.train(in: prepared.run) else {
      reporter.finish()
      logger.warning("stopped; `--resume` with --output \(prepared.run.path) goes on from here")
      throw ExitCode.failure
    }
    reporter.finish()
    guard ranks.isRoot else { return }
    try reporter.show(result, advice: Task.words.advice(result.model))
  }
}

/// What every training takes that is no setting.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The run's folder: model, metrics, log, checkpoints. (default: runs/TASK-TIME)",
      valueName: "dir"), completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A file of settings, as `sluice config TASK` prints them all; it may name just a few.",
      valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @Flag(help: "Go on with the run in the output folder from its last checkpoint, to the bit.")
  var resume = false

  @Flag(
    help:
      "Write the metrics for TensorBoard too: `tensorboard --logdir DIR`, while it trains or after."
  )
  var tensorboard = false

  @Flag(help: "Fail where a recurrent layer would lose the fast, persistent path.")
  var requirePersistent = false

  @Option(
    help: ArgumentHelp(
      "auto: a device with a choice of kernels measures them before a training of a minute or more, "
        + "among those that give the same bits, and takes what `sluice tune` has chosen. off: it goes by "
        + "its own figures.", valueName: "auto|off"), completion: .choices(Tuning.self),
    transform: Tuning.init(word:))
  var tune = Tuning.auto

  @Option(
    help: ArgumentHelp(
      "on: the run's folder gets report.html, a page of charts, and report.json, what it is drawn from. "
        + "off: neither.", valueName: "on|off"), completion: .choices(Reporting.self),
    transform: Reporting.init(word:))
  var report = Reporting.on

  @Option(
    help: ArgumentHelp(
      "What a training does whose device fails. stop: it ends, its last checkpoint whole, for --resume. "
        + "resume: it goes on from there by itself, to the bit, on the same device opened anew; three times "
        + "at most.", valueName: "stop|resume"), completion: .choices(DeviceLoss.self),
    transform: DeviceLoss.init(word:))
  var onDeviceLost = DeviceLoss.stop

  /// What a training does whose device fails. Of a session, as the device itself is, and no setting: what
  /// comes out does not depend on it, and a run may be gone on with under either.
  enum DeviceLoss: String, WordChoice {
    case stop, resume
  }

  /// Whether the run's page is written.
  enum Reporting: String, WordChoice {
    case on, off
  }

  /// Whether kernels are chosen by measuring.
  enum Tuning: String, WordChoice {
    case auto, off
  }

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output needs the name of a folder") }
    if resume && output == nil {
      throw ValidationError("--resume goes on with the run in a folder: name it with --output")
    }
  }
}

/// Where to run.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "auto, cpu, gpu (the first usable one, or an error), opencl, or an id of `sluice devices`.",
      valueName: "device"), completion: Completion.devices)
  var device = "auto"

  @OptionGroup var cpu: ThreadOptions

  var threads: Int? { cpu.threads }
}

/// With how many threads the CPU computes.
struct ThreadOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Threads of the CPU back end; the result is the same with any. (default: all cores)")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes 1 to 1024, not \(threads)")
    }
  }
}

/// How to speak.
struct OutputOptions: ParsableArguments {
  @Flag(help: "No progress and no notes; warnings and errors only.")
  var quiet = false

  @Flag(help: "Print one JSON object on standard output.")
  var json = false
}
