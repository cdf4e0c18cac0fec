import ArgumentParser
import Sluice
import SluicePlatform
import SluiceTasks

@main
struct SluiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    abstract:
      "Trains LSTMs and other recurrent networks on tables, on whatever this machine has: \(Tasks.names).",
    discussion: """
      To see it work, without any data of your own:

        sluice train sales --output demo
        sluice predict --model demo/model --output forecast.csv

      With your own, a CSV each:

        sluice train sales --data sales.csv --output run       dates, series, the amount sold
        sluice train churn --data customers.csv --output run   a row for each customer
        sluice train reviews --data reviews.csv --output run   a text and its rating
        sluice train ratings --data ratings.csv --output run   who rated what, when and how
        sluice evaluate --model run/model --data others.csv
        sluice predict --model run/model --data new.csv --output answers.csv

      What each column holds is found from its name and cells, and said; flags name it otherwise. \
      The run's folder then holds the model, its settings, its metrics and its log. A run that was \
      stopped, however it was, goes on with the same command and --resume.
      """,
    version: """
      sluice \(Version.current)
      OpenCL, MPI and libhdf5 are no part of it: they are loaded where they are needed.
      """,
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, DevicesCommand.self,
      ReportCommand.self, CompareCommand.self, ExportCommand.self, ImportCommand.self,
      BenchCommand.self, TuneCommand.self, VerifyCommand.self, ConfigCommand.self,
    ])

  static func main() {
    ProcessSignals.ignoreWriteSignals()
    refuseUnreadableArguments()
    if let unknown = UnknownCommand(CommandLine.arguments.dropFirst(), of: self) {
      end(unknown.parent, unknown.error)
    }
    do {
      var command = try parseAsRoot()
      do {
        try withFlags([]) { try command.run() }
        Ranks.finish()
      } catch {
        // Its own usage stands below an error of usage.
        end(type(of: command), error)
      }
    } catch {
      let text = fullMessage(for: error)
      guard text.hasPrefix("#!/bin/bash") else {
        Ranks.letRootSpeak()
        exit(withError: error)
      }
      Console.result(text + Completion.bashEnd)
    }
  }

  /// Refuses arguments that are not UTF-8: decoded, they would name other files.
  private static func refuseUnreadableArguments() {
    for place in 0..<Int(CommandLine.argc) {
      guard let argument = CommandLine.unsafeArgv[place],
        String(validatingCString: argument) == nil
      else { continue }
      let text = Console.neutral(String(cString: argument))
      Console.write(
        "Error: argument \(place), \(text), is not UTF-8. Give files and folders names in UTF-8, "
          + "or reach them by a link that has one.\n", to: 2)
      exit(withError: ExitCode.validationFailure)
    }
  }

  /// Ends the program with an error of a command.
  ///
  /// `exit(withError:)` would send the user to the help of `sales`, which there is only below `train`.
  private static func end(_ command: any ParsableCommand.Type, _ error: any Error) -> Never {
    let name = command.configuration.commandName ?? ""
    let path = command.configuration._superCommandName.map { "\($0) \(name)" } ?? name
    let text = command.fullMessage(for: error)
      .replacing("See '\(name) --help'", with: "See '\(path) --help'")
    let status = command.exitCode(for: error)
    guard !text.isEmpty else {
      // All ranks stop together.
      Ranks.finish()
      command.exit(withError: status)
    }
    Ranks.letRootSpeak()
    Console.write(Ranks.prefix + Console.neutral(text) + "\n", to: status == .success ? 1 : 2)
    Ranks.abort(status: status.rawValue)
    command.exit(withError: status)
  }
}
