/// The sequences of neighbouring characters within the words of texts: endings, stems and what is
/// left of a word that is spelled wrong say something where the word itself was never met.
///
/// `good`, in sequences of two to three: ` g`, `go`, `oo`, `od`, `d `, ` go`, `goo`, `ood`, `od `;
/// blanks stand for a word's begin and end. Marks such as `!`, emoji, and characters of scripts
/// without blanks have none: they are tokens of their own already.
package struct CharacterSequences: Sendable {
  /// For each word, its sequences.
  private let sequences: [TokenHash: [TokenHash]]

  /// - Parameters:
  ///   - texts: Whose words are cut up, each once.
  ///   - lengths: In characters, those for begin and end included.
  /// - Complexity: O(letters of the different words · lengths).
  package init(_ texts: TokenizedTexts, lengths: ClosedRange<Int>) {
    sequences = texts.names.mapValues { Self.sequences(of: $0, lengths: lengths) }
  }

  /// The sequences of a text's words, in order.
  package func of(_ tokens: ArraySlice<TokenHash>) -> ArraySlice<TokenHash> {
    ArraySlice(tokens.flatMap { sequences[$0] ?? [] })
  }

  private static func sequences(of word: String, lengths: ClosedRange<Int>) -> [TokenHash] {
    guard let first = word.unicodeScalars.first else { return [] }
    let kind = CharacterClass(first)
    guard kind == .letter || kind == .digit else { return [] }
    let characters = [" "] + Array(word.unicodeScalars) + [" "]
    var found: [TokenHash] = []
    for length in lengths where length <= characters.count {
      for start in 0...(characters.count - length) {
        var sequence = String.UnicodeScalarView()
        sequence.append(contentsOf: characters[start..<(start + length)])
        found.append(TokenHash(String(sequence)))
      }
    }
    return found
  }
}
