import ArgumentParser
import Foundation
import Sluice
import SluicePlatform
import SluiceTables
import SluiceTasks

/// What a shell offers behind a flag where only a file or this machine can tell. It is asked for while
/// somebody types, so what goes wrong is passed over in silence.
enum Completion {
  /// The devices of this machine that can be used, and what stands for one.
  static let devices = CompletionKind.custom { _, _, _ in offered(Devices.words + usableDevices) }

  /// The same for what takes all of them.
  static let devicesOrAll = CompletionKind.custom { _, _, _ in
    offered(["all", "cpu", "gpu", "opencl"] + usableDevices)
  }

  private static var usableDevices: [String] {
    Devices.all().filter { $0.unusableReason == nil && $0.id != "cpu" }.map(\.id)
  }

  /// The recipes of the task that is named, or of all.
  static let recipes = CompletionKind.custom { words, _, _ in offered(recipes(words)) }

  static func recipes(_ words: [String]) -> [String] {
    let named = Tasks.all.filter { words.contains($0.name) }
    var seen = Set<String>()
    return (named.isEmpty ? Tasks.all : named).flatMap { $0.recipeNames }
      .filter { seen.insert($0).inserted }
  }

  /// The names of the columns of the table behind `--data`.
  ///
  /// - Parameters:
  ///   - words: The command line so far, as it is typed: quotes are still there.
  ///   - index: The word to be completed.
  ///   - isList: Whether it may be several names, commas between them: those before are kept.
  static func columns(_ words: [String], _ index: Int, isList: Bool) -> [String] {
    offered(columnNames(words, index, isList: isList))
  }

  static func columnNames(_ words: [String], _ index: Int, isList: Bool) -> [String] {
    guard let path = value(of: "--data", in: words), FileReader.isRegularFile(path),
      let header = try? Table.columnNames(of: path)
    else { return [] }
    let names = header.filter { name in
      !name.isEmpty && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
    guard isList else { return names }
    var word = plain(words.indices.contains(index) ? words[index] : "")
    if word.hasPrefix("--"), let sign = word.firstIndex(of: "=") {
      word = String(word[word.index(after: sign)...])
    }
    let begun = word.lastIndex(of: ",").map { String(word[...$0]) } ?? ""
    let taken = begun.split(separator: ",")
    return names.filter { !$0.contains(",") && !taken.contains(Substring($0)) }.map { begun + $0 }
  }

  /// What stands behind a flag on the command line, `--data FILE` or `--data=FILE`.
  private static func value(of flag: String, in words: [String]) -> String? {
    for (place, word) in words.enumerated() {
      if word.hasPrefix(flag + "=") { return plain(String(word.dropFirst(flag.count + 1))) }
      guard word == flag else { continue }
      // bash takes the sign for a word of its own.
      let rest = words[(place + 1)...].drop { $0 == "=" }
      return rest.first.map(plain)
    }
    return nil
  }

  /// A word without the quotes and backslashes of a shell, and with the home folder for `~`.
  static func plain(_ word: String) -> String {
    var text = ""
    var quote: Character?
    var isEscaped = false
    for letter in word {
      if isEscaped {
        text.append(letter)
        isEscaped = false
      } else if letter == "\\", quote != "'" {
        isEscaped = true
      } else if letter == quote {
        quote = nil
      } else if quote == nil, letter == "'" || letter == "\"" {
        quote = letter
      } else {
        text.append(letter)
      }
    }
    guard word.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else {
      return text
    }
    return home + text.dropFirst()
  }

  private static func offered(_ names: [String]) -> [String] {
    offered(names, to: CompletionShell.requesting)
  }

  /// Names as a shell's script takes them: bash expands them like words of a command, so that `$(…)` in
  /// a file's header would run; zsh takes what is behind a colon for an explanation.
  static func offered(_ names: [String], to shell: CompletionShell?) -> [String] {
    switch shell {
    case .bash?:
      names.map { name in
        let isPlain = name.unicodeScalars.allSatisfy {
          $0.properties.isAlphabetic || (48...57).contains($0.value)
            || "_-.,:/+@%".unicodeScalars.contains($0)
        }
        return isPlain ? name : "'" + name.replacing("'", with: "'\\''") + "'"
      }
    case .zsh?:
      names.map { $0.replacing("\\", with: "\\\\").replacing(":", with: "\\:") }
    default: names
    }
  }

  /// bash takes a colon for the end of a word, and would stop within `opencl:0.0`.
  static let bashEnd = "\nCOMP_WORDBREAKS=${COMP_WORDBREAKS//:/}"
}

extension LearningTask {
  fileprivate static var recipeNames: [String] { recipes.map(\.name) }
}
