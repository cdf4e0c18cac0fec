import ArgumentParser
import Foundation
import Sluice

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a model from a CSV, and reports on rows that it has not seen.",
    subcommands: [TrainSalesCommand.self, TrainChurnCommand.self, TrainReviewsCommand.self])
}

/// What every training takes, whatever its task.
struct TrainOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The rows to learn from, a CSV. (default: a generated sample)", valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The run's folder: model, metrics, log, checkpoints. (default: runs/TASK-TIME)",
      valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A file of settings, as `sluice config TASK` prints them all; it may name just a few.",
      valueName: "file")
  )
  var config: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long to train, in passes over the rows, or in rounds of steps_per_epoch steps. (the "
        + "default of this and of the next ones: see `sluice config TASK`)"))
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Rows, or windows of them, that each step learns from.")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "The highest learning rate of the schedule.")
  var learningRate: Double?

  @Option(parsing: .unconditional, help: "Hidden units of each LSTM layer.")
  var hidden: Int?

  @Option(parsing: .unconditional, help: "LSTM layers.")
  var layers: Int?

  @Option(
    parsing: .unconditional,
    help: "The same seed gives the same model, bit for bit. (default: 1)")
  var seed: UInt64?

  @Flag(help: "Keep the model that was reported on, instead of training once more on all rows.")
  var noRefit = false

  @Flag(help: "Go on with the run in the output folder from its last checkpoint, to the bit.")
  var resume = false

  @Flag(help: "Fail where a recurrent layer would lose the fast, persistent path.")
  var requirePersistent = false

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output needs the name of a folder") }
    try require(epochs, in: 1...1_000_000, "--epochs")
    try require(batchSize, in: 1...1 << 20, "--batch-size")
    try require(learningRate, in: 0...1e6, "--learning-rate")
    try require(hidden, in: 1...8192, "--hidden")
    try require(layers, in: 1...16, "--layers")
    if resume && output == nil {
      throw ValidationError("--resume goes on with the run in a folder: name it with --output")
    }
  }

  /// Refuses a recipe beside a file of settings, since both give a whole configuration.
  func check(hasRecipe: Bool) throws {
    if config != nil && hasRecipe {
      throw ValidationError("--config and --recipe both give a configuration: choose one")
    }
  }

  /// Refuses sizes of layers beside a stack, which says its own, instead of ignoring them.
  func check(_ configuration: some TaskConfiguration) throws {
    guard !configuration.plainStack.isEmpty else { return }
    for (flag, isGiven) in [("--hidden", hidden != nil), ("--layers", layers != nil)] where isGiven
    {
      throw ValidationError(
        "\(flag) does not reach a plain stack: change `model.stack` in a file for --config")
    }
  }

  /// Lays what the flags say over a configuration.
  func apply(to configuration: inout some TaskConfiguration) {
    if let data { configuration.dataPath = URL(fileURLWithPath: data).path }
    if noRefit { configuration.refit = false }
    if let epochs { configuration.training.epochs = epochs }
    if let batchSize { configuration.batchSize = batchSize }
    if let learningRate { configuration.training.learningRate = learningRate }
    if let hidden { configuration.hiddenSize = hidden }
    if let layers { configuration.layerCount = layers }
    if let seed { configuration.training.seed = seed }
  }
}

/// Refuses a number that a flag does not take.
func require<Number: Comparable>(
  _ value: Number?, in range: ClosedRange<Number>, _ flag: String
) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError(
    "\(flag) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
}

/// Where to run.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("auto, cpu, opencl, or an id of `sluice devices`.", valueName: "device"))
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
    try require(threads, in: 1...1024, "--threads")
  }
}

/// How to speak.
struct OutputOptions: ParsableArguments {
  @Flag(help: "No progress and no notes; warnings and errors only.")
  var quiet = false

  @Flag(help: "Print one JSON object on standard output.")
  var json = false
}
