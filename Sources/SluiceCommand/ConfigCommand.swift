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

  @Argument(help: "sales or churn")
  var task: TaskName

  @Option(help: "Of sales: default, or history: nothing but the past, no decomposition.")
  var recipe: SalesRecipe = .standard

  func run() throws {
    let yaml =
      switch task {
      case .sales: try ConfigurationFile.yaml(of: recipe.configuration)
      case .churn: try ConfigurationFile.yaml(of: ChurnConfiguration.standard)
      }
    Console.write(yaml, to: 1)
  }
}

/// The tasks that the command knows.
enum TaskName: String, CaseIterable, ExpressibleByArgument {
  case sales, churn

  /// The task of the model in a folder.
  ///
  /// - Throws: ``ModelError`` where there is no model, or one of a task that is not known here.
  init(ofModel folder: String) throws {
    let name = try ModelFolder(folder).task()
    guard let task = TaskName(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelError(
        "\(folder): this is a model of the task \(name); this sluice knows \(known). Use the "
          + "version of sluice that trained the model, or a newer one.")
    }
    self = task
  }
}

extension SalesRecipe: ExpressibleByArgument {}
