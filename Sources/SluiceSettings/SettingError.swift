import SluicePlatform

/// A setting that cannot be used, and where it was given.
public struct SettingError: SluiceError {
  /// Where a setting was given.
  public enum Source: Hashable, Sendable {
    /// A file, with line and column where they are known.
    case file(String)
    /// A flag of the command line: `--horizon`.
    case flag(String)
    /// Whoever asked: it is not given, or does not go with what else is asked.
    case caller
  }

  /// Its keys from the outermost block on, joined by points: `training.learning_rate`. Empty: the
  /// configuration as a whole.
  public let setting: String
  /// What is wrong with it, as a sentence of which it is the subject.
  let complaint: String
  public let remedy: String
  /// Nil: not given anywhere, or not known.
  public var source: Source?

  /// - Parameter complaint: `is 0, it takes 1 to 16`.
  public init(_ setting: String, _ complaint: String, remedy: String = "", source: Source? = nil) {
    self.setting = setting
    self.complaint = complaint
    self.remedy = remedy
    self.source = source
  }

  public var what: String {
    if case .flag(let name) = source { return "\(name) \(complaint)" }
    return "\(setting.isEmpty ? "the file" : "`\(name)`") \(complaint)"
  }

  /// With places in lists as people write them: `stack[0].lstm`.
  private var name: String {
    setting.split(separator: ".").reduce("") { name, key in
      if Int(key) != nil { return name + "[\(key)]" }
      return name.isEmpty ? String(key) : name + ".\(key)"
    }
  }

  public var place: String? {
    if case .file(let place) = source { return place }
    return nil
  }
}
