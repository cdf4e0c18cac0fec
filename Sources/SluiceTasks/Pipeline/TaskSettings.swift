import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTraining

/// Everything that decides what a run of a task does: what its `config.yaml` holds.
package protocol TaskSettings: SettingsBlock {
  /// What the task is called.
  var task: String { get }
  /// The CSV file. Nil: a sample generated from the seed.
  var dataPath: String? { get set }
  /// Rows per optimizer step and micro-batch.
  var batchSize: Int { get }
  /// Networks of a model.
  var networkCount: Int { get }
  /// Networks that are trained for a model, those that are not kept among them.
  var trainingCount: Int { get }
  /// Whether a model is several networks, if only one is asked for.
  var isEnsemble: Bool { get }
  /// Whether the final model is trained on all rows after a report on held-out ones.
  var refit: Bool { get }
  /// The stack that stands for the task's network, whose layers say their sizes themselves; empty:
  /// none.
  var plainStack: StackConfiguration { get }
  /// What the recurrent layers of the task's network compute. Those of a plain stack say it themselves.
  var cell: RecurrentCell { get }
  var training: TrainerConfiguration { get set }

  /// Turns every recurrent layer, those of a plain stack too, into one of that cell.
  mutating func use(_ cell: RecurrentCell)
}

extension RecurrentCell: SettingChoice {}

extension TaskSettings {
  package var networkCount: Int { 1 }
  package var trainingCount: Int { networkCount }
  package var isEnsemble: Bool { false }
  package var plainStack: StackConfiguration { StackConfiguration() }

  /// What the stack's messages name where it does not fit.
  func stackError(_ complaint: String, remedy: String) -> SettingError {
    SettingError("model.stack", complaint, remedy: remedy)
  }
}

/// What settings of all tasks do, in words.
enum CommonSettings {
  static let cell =
    "The cell of the recurrent layers: \(RecurrentCell.choices). The layers of a plain stack name their "
    + "own; those of a recipe's stack follow."
  static let refit =
    "Whether the final model is trained on all rows after a report on held-out ones; else the model that "
    + "was reported on is kept."
  static let noRefit =
    "Keep the model that was reported on, instead of training once more on all rows."
}

/// Ready settings with a name.
package struct TaskRecipe<Settings: TaskSettings> {
  package let name: String
  /// What they are, in a few words.
  package let help: String
  package let settings: Settings
}

extension LearningTask {
  /// The settings where nothing else is said.
  package static var standard: Settings { recipes.first?.settings ?? Settings() }

  /// - Throws: ``SettingError`` naming those there are.
  package static func recipe(_ name: String) throws -> Settings {
    if let found = recipes.first(where: { $0.name == name }) { return found.settings }
    let names = recipes.map(\.name)
    throw SettingError(
      "recipe", "is \(name), it takes one of: \(names.joined(separator: ", "))",
      remedy: NearMiss.question(name, among: names) ?? "", source: .caller)
  }
}

extension LearningTask {
  /// The settings that a run began with, of whatever version: what is not named there was no setting yet, and
  /// has its default.
  ///
  /// - Parameter name: What to call the text in messages.
  /// - Throws: ``SettingError`` for what is no setting any more, or out of range.
  static func earlierSettings(_ text: String, name: String) throws -> Settings {
    try SettingsReader(text, name: name).settings(over: standard)
  }

  /// In which settings a run is asked to differ from what it began with, in words.
  static func changes(from earlier: Settings, to asked: Settings) throws -> [String] {
    guard earlier != asked else { return [] }
    return try SettingsReader<Settings>.differences(earlier, asked).map {
      "`\($0.path)` is \($0.first) there, \($0.second) here"
    }
  }
}

/// Nothing to ask.
package struct NoOptions: SettingsBlock {
  package init() {}
}

/// How a task is spoken of.
package struct TaskWords: Sendable {
  /// What it learns, in a sentence.
  package var abstract: String
  /// What its table holds and how it is reported on.
  package var discussion: String
  /// What its rows are of: a generated sample has none that are real.
  package var subject: String
  /// What `evaluate` does with a table.
  package var evaluation: String
  /// What `predict` takes and appends.
  package var prediction: String
  /// What to do with a model.
  ///
  /// - Parameter model: Its folder.
  package var advice: @Sendable (_ model: String) -> String
}

/// What the user should know.
package enum Remark: Hashable, Sendable {
  case note(String)
  case warning(String)
}
