import ArgumentParser
import SluicePlatform

/// A few words of which an option takes one.
protocol WordChoice: CaseIterable, RawRepresentable, Sendable where RawValue == String {}

extension WordChoice {
  /// - Throws: `ValidationError` with the words there are, and the one that was probably meant.
  init(word: String) throws {
    if let choice = Self(rawValue: word) {
      self = choice
      return
    }
    throw ValidationError(
      "it takes one of: \(Self.names.joined(separator: ", "))".asking(word, among: Self.names))
  }

  static var names: [String] { allCases.map(\.rawValue) }
}

extension CompletionKind {
  /// The words of a choice.
  static func choices<Choice: WordChoice>(_ type: Choice.Type) -> CompletionKind {
    .list(Choice.names)
  }
}

extension String {
  /// The same message with a question behind it, where a name is near to the one that there is not.
  func asking(_ name: String, among names: [String]) -> String {
    NearMiss.question(name, among: names).map { "\(self). \($0)" } ?? self
  }
}
