import Foundation

/// Cuts text into tokens: words in lower case, numbers, marks such as `!`, emoji; single characters
/// in scripts that put no blanks between words. Texts may mix all of these.
///
/// `Don’t miss it!! 质量很好👍🏽` becomes `don't`, `miss`, `it`, `!`, `!`, `质`, `量`, `很`, `好`, `👍`.
///
/// HTML entities are decoded; byte-order marks and other invisible characters are left out;
/// full-width forms become the plain ones; accents are composed. A mark that repeats counts three
/// times at most.
package enum Tokenizer {
  /// The tokens of a text, in order; none for a text without words.
  ///
  /// - Complexity: O(length of the text).
  package static func tokens(of text: String) -> [String] {
    var text = HTMLEntities.decoded(text)
    if text.unicodeScalars.contains(where: { (0x0300...0x036F).contains($0.value) }) {
      text = text.precomposedStringWithCanonicalMapping
    }
    var scanner = Scanner(scalars: Array(text.unicodeScalars))
    scanner.run()
    return scanner.tokens
  }

  /// Whether a token is a character of a script without blanks between words.
  package static func isIdeograph(_ token: String) -> Bool {
    token.unicodeScalars.first.map { CharacterClass($0) == .ideograph } ?? false
  }

  private struct Scanner {
    package let scalars: [Unicode.Scalar]
    package var tokens: [String] = []
    /// The word or number in the making.
    private var word = String.UnicodeScalarView()
    private var wordClass = CharacterClass.blank
    /// How often the last token has come in a row.
    private var repeats = 0

    private static let mostRepeats = 3
    private static let joiner: Unicode.Scalar = "\u{200D}"

    package init(scalars: [Unicode.Scalar]) {
      self.scalars = scalars
    }

    package mutating func run() {
      var index = 0
      while index < scalars.count {
        let scalar = Self.plain(scalars[index])
        let kind = CharacterClass(scalar)
        index += 1
        switch kind {
        case .letter, .digit:
          if wordClass != kind { endWord() }
          wordClass = kind
          append(scalar)
        case .apostrophe:
          let joins =
            wordClass == .letter && !word.contains("'") && index < scalars.count
            && CharacterClass(Self.plain(scalars[index])) == .letter
          if joins { word.append("'") } else { endWord() }
        case .ideograph, .punctuation:
          endWord()
          emit(String(scalar))
        case .emoji:
          endWord()
          index = emitCluster(from: index - 1)
        case .invisible:
          continue
        case .blank:
          endWord()
        }
      }
      endWord()
    }

    /// Full-width forms of ASCII as ASCII.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
      guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
      return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
      if scalar.isASCII {
        let isUpper = (0x41...0x5A).contains(scalar.value)
        word.append(isUpper ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar)
      } else {
        word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }

    private mutating func endWord() {
      wordClass = .blank
      guard !word.isEmpty else { return }
      tokens.append(String(word))
      word = String.UnicodeScalarView()
      repeats = 0
    }

    /// A token that is no word.
    private mutating func emit(_ token: String) {
      repeats = tokens.last == token ? repeats + 1 : 1
      if repeats <= Self.mostRepeats { tokens.append(token) }
    }

    /// Emits the emoji at `start` with those joined to it. Skin tones and styles are left out, so
    /// that a thumb is a thumb.
    ///
    /// - Returns: The place behind it.
    private mutating func emitCluster(from start: Int) -> Int {
      var cluster = String.UnicodeScalarView([scalars[start]])
      var index = start + 1
      // Two letters make a flag.
      if Self.isRegional(scalars[start]), index < scalars.count, Self.isRegional(scalars[index]) {
        cluster.append(scalars[index])
        index += 1
      }
      while index < scalars.count {
        let scalar = scalars[index]
        if scalar == "\u{FE0F}" || (0x1F3FB...0x1F3FF).contains(scalar.value) {
          index += 1
        } else if scalar == Self.joiner, index + 1 < scalars.count,
          CharacterClass(scalars[index + 1]) == .emoji
        {
          cluster.append(contentsOf: [scalar, scalars[index + 1]])
          index += 2
        } else {
          break
        }
      }
      emit(String(cluster))
      return index
    }

    private static func isRegional(_ scalar: Unicode.Scalar) -> Bool {
      (0x1F1E6...0x1F1FF).contains(scalar.value)
    }
  }
}
