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

  @Argument(help: "sales, churn or reviews")
  var task: TaskName

  @Option(
    help: ArgumentHelp(
      "sales: default, history (nothing but the past, no decomposition) or stack (plain layers); "
        + "churn: default or stack; reviews: words, people "
        + "(who are known from other reviews), characters (scripts without blanks) or history (no "
        + "texts: the ratings that a user gave before).",
      valueName: "name"))
  var recipe: String?

  func run() throws {
    let yaml =
      switch task {
      case .sales:
        try ConfigurationFile.yaml(of: named(SalesRecipe.self)?.configuration ?? .standard)
      case .churn:
        try ConfigurationFile.yaml(of: named(ChurnRecipe.self)?.configuration ?? .standard)
      case .reviews:
        try ConfigurationFile.yaml(of: (named(ReviewRecipe.self) ?? .words).configuration())
      }
    Console.write(yaml, to: 1)
  }

  /// The recipe of a task that `--recipe` names.
  private func named<Recipe: RawRepresentable<String> & CaseIterable>(_ type: Recipe.Type) throws
    -> Recipe?
  {
    guard let recipe else { return nil }
    guard let found = Recipe(rawValue: recipe) else {
      let names = Recipe.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("there is no recipe \(recipe) of \(task.rawValue); there are \(names)")
    }
    return found
  }
}

/// The tasks that the command knows.
enum TaskName: String, CaseIterable, ExpressibleByArgument {
  case sales
  case churn
  case reviews

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

  /// Refuses flags that mean something for another task only, instead of ignoring them.
  func refuse(_ flags: [(name: String, isGiven: Bool, task: TaskName)]) throws {
    for flag in flags where flag.isGiven && flag.task != self {
      throw ValidationError(
        "\(flag.name) is for models of \(flag.task.rawValue); this one is of "
          + "\(rawValue)")
    }
  }
}

extension SalesRecipe: ExpressibleByArgument {}
