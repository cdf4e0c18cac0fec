import ArgumentParser
import Sluice

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Prints the full default configuration of a task, as YAML.",
    discussion: """
      Change what you like and hand it back:

        sluice config sales > sales.yaml
        sluice train sales --config sales.yaml --data sales.csv
      """)

  @Argument(help: "sales")
  var task: TaskName

  @Option(help: "default, or history: nothing but the past, no decomposition.")
  var recipe: SalesRecipe = .standard

  func run() throws {
    Console.write(try ConfigurationFile.yaml(of: recipe.configuration), to: 1)
  }
}

/// The tasks that the command knows.
enum TaskName: String, CaseIterable, ExpressibleByArgument {
  case sales
}

extension SalesRecipe: ExpressibleByArgument {}
