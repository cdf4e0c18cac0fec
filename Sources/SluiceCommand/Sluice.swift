import ArgumentParser
import Sluice

@main
struct SluiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    abstract: "Trains LSTMs on tables: sales forecasts from a CSV, on whatever this machine has.",
    discussion: """
      To see it work, without any data of your own:

        sluice train sales --output demo
        sluice predict --model demo/model --output forecast.csv

      With your own: a CSV with a column of dates, columns that name the series, and the sales.

        sluice train sales --data sales.csv --date day --series shop,product \\
                           --target sold --horizon 28 --output run
        sluice predict --model run/model --output forecast.csv

      The run's folder then holds the model, its settings, its metrics and its log. \
      A run that was stopped, however it was, goes on with the same command and \
      --resume.
      """,
    version: "sluice \(Version.current)",
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, DevicesCommand.self,
      BenchCommand.self, VerifyCommand.self,
      ConfigCommand.self,
    ])

  static func main() {
    ProcessSignals.ignoreWriteSignals()
    Self.main(nil)
  }
}
