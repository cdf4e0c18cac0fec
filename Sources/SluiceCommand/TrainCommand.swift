import ArgumentParser

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a model from a CSV, and reports on rows that it has not seen.",
    subcommands: [TrainSalesCommand.self])
}

/// What every training takes, whatever its task.
struct TrainOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The rows to learn from, a CSV. Without it: a generated sample.", valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp("The run's folder: model, metrics, log, checkpoints.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Settings as `sluice config` prints them; may name only what they change.", valueName: "file")
  )
  var config: String?

  @Option(parsing: .unconditional, help: "Passes of `steps_per_epoch` steps.")
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Windows per step.")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "The highest learning rate of the schedule.")
  var learningRate: Double?

  @Option(parsing: .unconditional, help: "Hidden units of each LSTM layer.")
  var hidden: Int?

  @Option(parsing: .unconditional, help: "LSTM layers.")
  var layers: Int?

  @Option(help: "The same seed gives the same model, bit for bit.")
  var seed: UInt64?

  @Flag(help: "Keep the model that was reported on, instead of training once more on all rows.")
  var noRefit = false

  @Flag(help: "Go on with the run in the output folder from its last checkpoint, to the bit.")
  var resume = false
}

/// Where to run.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("auto, cpu, or an id that `sluice devices` lists.", valueName: "device"))
  var device = "auto"

  @Option(
    parsing: .unconditional, help: "Threads of the CPU back end. The result does not depend on it.")
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 || threads > 1024 {
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
