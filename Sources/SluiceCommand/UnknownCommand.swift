import ArgumentParser

/// A word where the name of a command should stand, which the parser calls an unexpected argument.
struct UnknownCommand {
  /// Whose commands were to be chosen from.
  let parent: any ParsableCommand.Type
  let error: ValidationError

  /// Nil where the words, down to the first flag or value, name a command.
  ///
  /// - Parameter words: What stands behind the program's name.
  init?(_ words: some Sequence<String>, of root: any ParsableCommand.Type) {
    var parent = root
    for word in words where word != "help" || parent != root {
      let commands = parent.configuration.subcommands
      if commands.isEmpty || word.hasPrefix("-") { return nil }
      if let next = commands.first(where: { $0.configuration.commandName == word }) {
        parent = next
        continue
      }
      let names = commands.compactMap { $0.configuration.commandName }
      self.parent = parent
      error = ValidationError(
        "there is no command \(word); there are \(names.joined(separator: ", "))".asking(
          word, among: names))
      return
    }
    return nil
  }
}
