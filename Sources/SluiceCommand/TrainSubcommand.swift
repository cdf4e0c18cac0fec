import ArgumentParser
import Foundation
import Logging
import Sluice
import SluicePlatform

/// A subcommand of `train`: what a task adds to the course that every training takes.
protocol TrainSubcommand: ParsableCommand {
  associatedtype Task: TaskTraining

  var training: TrainOptions { get }
  var device: DeviceOptions { get }
  var output: OutputOptions { get }

  /// Settings that a flag chose to begin with, instead of the standard ones.
  var recipe: Task.Configuration? { get }

  /// Lays the task's own flags over a configuration.
  func apply(to configuration: inout Task.Configuration)

  /// A CSV to train on where the user gave none.
  func sample(_ configuration: Task.Configuration) -> String

  /// Makes the task of these rows, and tells in a line what its columns were taken for.
  func makeTask(
    _ configuration: Task.Configuration, _ source: TableSource, on backend: any Backend,
    logger: Logger
  ) throws -> (task: Task, origin: String)

  /// What to do with the model, for the end of the training.
  func advice(model: String) -> String
}

extension TrainSubcommand {
  var recipe: Task.Configuration? { nil }

  /// Trains: configuration, device, rows, folder, then the task.
  func runTraining() throws {
    let folder = training.output ?? Self.newFolder()
    let isResuming = try training.resume && RunDirectory.holdsRun(folder)
    let stored = isResuming ? try storedConfiguration(folder + "/config.yaml") : nil
    let asked = try askedConfiguration(base: stored)
    try training.check(asked)
    // Rows and device come before the folder, so that what cannot begin leaves nothing behind.
    let backend = try Devices.open(device.device, threads: device.threads)
    let source = try TableSource(asked.dataPath) { sample(asked) }
    let log = LogFile()
    let logger = makeLogger(log)
    let (task, origin) = try makeTask(asked, source, on: backend, logger: logger)
    if let stored { try compare(task.configuration, with: stored) }
    let run = try RunDirectory(folder, resuming: isResuming)
    if !isResuming {
      // The configuration first: from then on the folder is a run that can be resumed.
      try AtomicFile.write(
        ConfigurationFile.yaml(of: task.configuration), to: run.configurationPath)
      if let sample = source.sample {
        try AtomicFile.write(sample, to: folder + "/sample.csv")
      }
    }
    try log.open(run.logPath)
    if training.resume && !isResuming {
      logger.info("\(folder) holds no run yet: beginning a new one")
    }
    logger.info("\(origin)")
    if let path = asked.dataPath, !FileReader.isRegularFile(path) {
      logger.warning(
        "\(path) cannot be read twice: to resume this run, give the same rows there again")
    }
    logger.info("device: \(backend.device.id), \(backend.device.name)")
    let reporter = TrainingReporter(logger: logger, output: output)
    task.requiresPersistent = training.requirePersistent
    task.onEvent = { reporter.show($0) }
    ProcessSignals.watchInterruptions()
    task.shouldStop = { ProcessSignals.wasInterrupted }
    guard let result = try task.train(in: run) else {
      reporter.finish()
      logger.warning("stopped; `--resume` with --output \(folder) goes on from here")
      throw ExitCode.failure
    }
    reporter.finish()
    try reporter.show(result, advice: advice(model: result.model))
  }

  private static func newFolder() -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyyMMdd-HHmmss"
    return "runs/\(Task.Configuration.taskName)-\(format.string(from: Date()))"
  }

  private func makeLogger(_ log: LogFile) -> Logger {
    let isQuiet = output.quiet
    return Logger(label: "sluice") { _ in RunLogHandler(isQuiet: isQuiet, file: log) }
  }

  private func storedConfiguration(_ path: String) throws -> Task.Configuration {
    try ConfigurationFile.read(
      FileReader.text(of: path), name: path, over: Task.Configuration.standard, isComplete: true)
  }

  /// The configuration that the flags describe, over that of a run to be resumed where they name no
  /// other.
  private func askedConfiguration(base stored: Task.Configuration?) throws -> Task.Configuration {
    guard training.config == nil, recipe == nil, var configuration = stored else {
      return try askedConfiguration(over: recipe ?? .standard)
    }
    training.apply(to: &configuration)
    apply(to: &configuration)
    return configuration
  }

  /// What the file of settings and the flags say, over other settings.
  func askedConfiguration(over base: Task.Configuration) throws -> Task.Configuration {
    var configuration = base
    if let file = training.config {
      configuration = try ConfigurationFile.read(
        FileReader.text(of: file), name: file, over: configuration)
      // Relative to where the command runs, as that of --data: the run keeps the whole path.
      configuration.dataPath = configuration.dataPath.map { URL(fileURLWithPath: $0).path }
    }
    training.apply(to: &configuration)
    apply(to: &configuration)
    return configuration
  }

  /// Refuses to resume a run with other settings than it began with.
  private func compare(_ asked: Task.Configuration, with stored: Task.Configuration) throws {
    guard asked != stored else { return }
    let now = try ConfigurationFile.yaml(of: asked).split(separator: "\n")
    let then = try ConfigurationFile.yaml(of: stored).split(separator: "\n")
    let changes = zip(then, now).filter { $0 != $1 }.prefix(3).map {
      "`\($0.trimmingCharacters(in: .whitespaces))` there, "
        + "`\($1.trimmingCharacters(in: .whitespaces))` here"
    }
    throw ConfigurationError(
      "the run in \(training.output ?? "") has other settings: \(changes.joined(separator: "; ")). "
        + "Resume without these flags, or train anew in another folder.")
  }
}

/// The names in a list such as `store,item`.
func names(_ list: String) -> [String] {
  list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}
