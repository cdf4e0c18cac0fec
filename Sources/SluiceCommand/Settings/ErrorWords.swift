import ArgumentParser
import SluicePlatform
import SluiceSettings

/// Turns the library's errors into those of a command: settings that have a flag are named by it, and
/// a flag's own error is one of usage.
///
/// - Parameter flags: Those of the command.
func withFlags<Result>(_ flags: [SettingFlag], _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as SettingError {
    switch error.source {
    case .flag, .caller:
      throw ValidationError(translated("\(error)", flags))
    case .file:
      // What stands in a file is called as the file calls it.
      throw CommandError(description: "\(error)")
    case nil:
      throw CommandError(description: translated("\(error)", flags))
    }
  } catch let error as any SluiceError {
    throw CommandError(description: translated("\(error)", flags))
  }
}

/// An error in the command's own words.
struct CommandError: Error, CustomStringConvertible {
  let description: String
}

/// `--gaps` for `` `data.gaps` ``, `--gaps zero` for `` `data.gaps: zero` ``, and `--no-refit` for
/// `` `refit: false` ``.
func translated(_ text: String, _ flags: [SettingFlag]) -> String {
  var parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
  // Every other part stands between two marks; an odd one belongs to somebody's data.
  guard parts.count % 2 == 1 else { return text }
  for index in stride(from: 1, to: parts.count - 1, by: 2) {
    let words = parts[index].split(separator: ": ", maxSplits: 1)
    let flag = words.first.flatMap { path in
      (flags + SettingFlag.ofEveryCommand).first { $0.path == path }
    }
    guard let flag else {
      parts[index] = "`\(parts[index])`"
      continue
    }
    let value = words.count > 1 && !flag.isSwitch ? " \(words[1])" : ""
    parts[index] = "--\(flag.name)" + value
  }
  return parts.joined()
}
