import ArgumentParser
import SluiceSettings
import SluiceTasks

/// A flag that sets a setting.
struct SettingFlag: Sendable {
  /// Without the leading `--`.
  let name: String
  /// The setting's path.
  let path: String
  let help: String
  /// Whether it takes no value.
  let isSwitch: Bool
  let isNumber: Bool
  /// Whether it takes several words, commas between them.
  let isList: Bool
  /// The words it takes; empty: any, or numbers.
  let choices: [String]

  /// A flag that is the command's own, under the name by which messages call it.
  init(_ name: String, called path: String) {
    self.name = name
    self.path = path
    help = ""
    isSwitch = false
    isNumber = false
    isList = false
    choices = []
  }

  /// Flags that messages may speak of in every command.
  static let ofEveryCommand = [
    SettingFlag("device", called: "device"), SettingFlag("output", called: "output"),
    SettingFlag("resume", called: "resume"), SettingFlag("recipe", called: "recipe"),
    SettingFlag("require-persistent", called: "require_persistent"),
    SettingFlag("on-device-lost", called: "on_device_lost"),
  ]

  init(_ flag: String, _ path: String, _ setting: any AnySetting, prefix: String = "") {
    name = flag
    self.path = path
    help = prefix + Self.help(setting)
    isSwitch = setting.isSwitch
    choices = setting.choices?.split(separator: ", ").map(String.init) ?? []
    isNumber = setting.isNumber
    isList = setting.isList
  }
}

extension SettingFlag {
  /// Whether it names columns of the table that is learned from.
  var namesColumns: Bool {
    path.hasPrefix("data.") && path != "data.path" && path != "data.positive" && choices.isEmpty
      && !isSwitch && !isNumber
  }

  /// What a shell offers behind it.
  var completion: CompletionKind {
    if !choices.isEmpty { return .list(choices) }
    if path == "data.path" { return .file() }
    guard namesColumns else { return .default }
    return .custom { [isList] words, index, _ in
      Completion.columns(words, index, isList: isList)
    }
  }

  /// What it does, and its default where that can be shown and is not said yet.
  private static func help(_ setting: any AnySetting) -> String {
    if setting.isSwitch { return setting.flagHelp ?? setting.help }
    guard !setting.help.contains("(default"), !["null", "", "[]"].contains(setting.text) else {
      return setting.help
    }
    return "\(setting.help) (default: \(setting.text))"
  }
}

/// Which flags a command takes.
protocol FlagSource {
  static var flags: [SettingFlag] { get }
}

/// The settings of a task that say where its rows are and what their columns mean.
enum ColumnFlags<Task: LearningTask>: FlagSource {
  static var flags: [SettingFlag] { Task.flags.filter { $0.path.hasPrefix("data.") } }
}

/// All other settings of a task that have flags.
enum TrainingFlags<Task: LearningTask>: FlagSource {
  static var flags: [SettingFlag] { Task.flags.filter { !$0.path.hasPrefix("data.") } }
}

/// What models of any task may be asked in a prediction.
enum PredictionFlags: FlagSource {
  static var flags: [SettingFlag] { Tasks.all.merged { $0.predictionFlags } }
}

/// What models of any task may be asked in an evaluation.
enum EvaluationFlags: FlagSource {
  static var flags: [SettingFlag] { Tasks.all.merged { $0.evaluationFlags } }
}

extension LearningTask {
  static var flags: [SettingFlag] {
    SettingsSchema(standard).flags.map { SettingFlag($0.flag, $0.path, $0.setting) }
  }

  static var predictionFlags: [SettingFlag] { flags(of: PredictionOptions()) }

  static var evaluationFlags: [SettingFlag] { flags(of: EvaluationOptions()) }

  private static func flags(of options: some SettingsBlock) -> [SettingFlag] {
    SettingsSchema(options).flags.map {
      SettingFlag($0.flag, $0.path, $0.setting, prefix: "\(name.capitalized): ")
    }
  }
}

extension [any LearningTask.Type] {
  /// The flags of all tasks, each once.
  fileprivate func merged(_ flags: (any LearningTask.Type) -> [SettingFlag]) -> [SettingFlag] {
    var seen = Set<String>()
    return flatMap(flags).filter { seen.insert($0.name).inserted }
  }
}

/// Flags made from settings: their names and help are the settings' own, and so the command line says
/// what the configuration says.
///
/// The parser finds the flags of a type by reflection; this type reflects those of its source.
struct SettingFlags<Source: FlagSource>: ParsableArguments, CustomReflectable {
  /// What was given, by the setting's path.
  private(set) var given: [(path: String, text: String)] = []

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: FlagKey.self)
    for flag in Source.flags {
      let key = FlagKey(stringValue: flag.name)
      if flag.isSwitch {
        let isGiven = try values.decode(Flag<Bool>.self, forKey: key).wrappedValue
        if isGiven { given.append((flag.path, "")) }
      } else if let text = try values.decode(Option<String?>.self, forKey: key).wrappedValue {
        given.append((flag.path, text))
      }
    }
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: Source.flags.map { flag -> Mirror.Child in
        let name = NameSpecification.customLong(flag.name)
        let value = flag.path.split(separator: ".").last.map(String.init) ?? flag.name
        let help = ArgumentHelp(
          stringLiteral: flag.help
        ).named(value.replacing("_", with: "-"))
        if flag.isSwitch {
          return (flag.name, Flag(wrappedValue: false, name: name, help: ArgumentHelp(flag.help)))
        }
        return (
          flag.name,
          Option<String?>(
            name: name, parsing: flag.isNumber ? .unconditional : .next, help: help,
            completion: flag.completion)
        )
      })
  }

  /// Refuses flags that mean something for another task only, instead of ignoring them.
  ///
  /// - Parameters:
  ///   - task: That of the model.
  ///   - flags: Those of a task.
  func refuse(
    besides task: any LearningTask.Type, _ flags: (any LearningTask.Type) -> [SettingFlag]
  )
    throws
  {
    for (path, _) in given where !flags(task).contains(where: { $0.path == path }) {
      let name = Source.flags.first { $0.path == path }?.name ?? path
      let others = Tasks.all.filter { other in flags(other).contains { $0.path == path } }
      throw ValidationError(
        "--\(name) is for models of \(others.map { $0.name }.joined(separator: ", ")); this one is of "
          + task.name)
    }
  }

  private struct FlagKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension ArgumentHelp {
  fileprivate func named(_ value: String) -> ArgumentHelp {
    var help = self
    help.valueName = value
    return help
  }
}
