/// What a character means to the ``Tokenizer``.
package enum CharacterClass: Equatable {
  /// Part of a word: letters, and the marks upon them.
  case letter
  /// Part of a number.
  case digit
  /// A token of its own: a character of a script that puts no blanks between words.
  case ideograph
  /// Joins two letters to one word: `don't`.
  case apostrophe
  /// A mark that carries meaning in a review, a token of its own: `!`, `?`, `。`.
  case punctuation
  /// A token with what follows it in the same cluster: 👍🏽, ❤️.
  case emoji
  /// Invisible: neither a token nor the end of a word.
  case invisible
  /// Ends a word and is no token itself.
  case blank

  package init(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      self = Self.ascii[Int(scalar.value)]
    } else {
      self = Self.beyondASCII(scalar)
    }
  }

  private static let ascii: [CharacterClass] = (0..<128).map { value in
    switch Unicode.Scalar(UInt8(value)) {
    case "a"..."z", "A"..."Z": .letter
    case "0"..."9": .digit
    case "'": .apostrophe
    case "!", "?", ".", ",", "~": .punctuation
    default: .blank
    }
  }

  private static func beyondASCII(_ scalar: Unicode.Scalar) -> CharacterClass {
    switch scalar.value {
    case 0x2019, 0x02BC: return .apostrophe
    case 0x00A0, 0x2000...0x200A, 0x3000: return .blank
    case 0x3001...0x3004, 0x3008...0x3020, 0x30FB: return .punctuation
    case 0x2026, 0xFF61...0xFF65: return .punctuation
    default: break
    }
    if isUnspaced(scalar.value) { return .ideograph }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .enclosingMark:
      // A selector of emoji style is a mark too, but of no letter.
      return (0xFE00...0xFE0F).contains(scalar.value) ? .invisible : .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .digit
    case .format: return .invisible
    case .otherSymbol, .modifierSymbol: return .emoji
    default:
      return properties.isEmoji && scalar.value > 0x2000 ? .emoji : .blank
    }
  }

  /// Scripts that put no blanks between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer; and
  /// Korean, whose syllables say more than its words with their many endings.
  private static func isUnspaced(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x3035, 0x3040...0x30FF,
      0x3100...0x31FF, 0x3400...0x4DBF, 0xAC00...0xD7FF, 0x1100...0x11FF, 0x2E80...0x2FDF,
      0xF900...0xFAFF, 0xFF66...0xFF9F, 0x20000...0x3FFFF, 0x0E00...0x0EFF, 0x1000...0x109F,
      0x1780...0x17FF:
      return true
    default:
      return false
    }
  }
}
