import ArgumentParser
import Sluice
import SluiceSettings
import SluiceTasks

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", _superCommandName: "sluice",
    abstract: "Prints the full default configuration of a task, as YAML.",
    discussion: """
      Change what you like and hand it back:

        sluice config sales > sales.yaml
        sluice train sales --config sales.yaml --data sales.csv
      """)

  @Argument(
    help: ArgumentHelp("\(Tasks.names). Without it the names are printed, one a line."),
    completion: .list(Tasks.all.map { $0.name }))
  var task: String?

  @Option(
    help: ArgumentHelp(
      "Ready settings instead of the standard ones. "
        + Tasks.all.map { "\($0.name): \($0.recipeNames)" }.joined(separator: "; ") + ".",
      valueName: "name"), completion: Completion.recipes)
  var recipe: String?

  func run() throws {
    guard let task else {
      if recipe != nil { throw ValidationError("--recipe is one of a task: name it too") }
      return Console.result(Tasks.all.map { $0.name })
    }
    guard let found = Tasks.all.first(where: { $0.name == task }) else {
      throw ValidationError(
        "there is no task \(task); there are \(Tasks.names)".asking(
          task, among: Tasks.all.map { $0.name }))
    }
    Console.write(try withFlags([]) { try yaml(of: found) }, to: 1)
  }

  private func yaml<Task: LearningTask>(of type: Task.Type) throws -> String {
    try SettingsText.yaml(
      of: recipe.map { try Task.recipe($0) } ?? Task.standard, isExplained: true)
  }
}

extension LearningTask {
  fileprivate static var recipeNames: String { recipes.map(\.name).joined(separator: ", ") }
}
