import ArgumentParser
import Sluice
import SluicePlatform
import SluiceTasks

@main
struct SluiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    abstract: "Trains LSTMs on tables, on whatever this machine has: \(Tasks.names).",
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
    version: "sluice \(Version.current)",
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, DevicesCommand.self,
      ReportCommand.self, ExportCommand.self, ImportCommand.self, BenchCommand.self,
      TuneCommand.self, VerifyCommand.self, ConfigCommand.self,
    ])

  static func main() {
    ProcessSignals.ignoreWriteSignals()
    do {
      var command = try parseAsRoot()
      do {
        try withFlags([]) { try command.run() }
      } catch {
        // Its own usage stands below an error of usage.
        type(of: command).exit(withError: error)
      }
    } catch {
      exit(withError: error)
    }
  }
}
