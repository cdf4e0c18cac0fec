/// The tokens of many texts, one text after the other.
///
/// A row may have several texts, such as a title and a review: their tokens follow one another with
/// a separator between them.
package struct TokenizedTexts: Sendable {
  /// The tokens of all rows.
  package private(set) var tokens: [TokenHash] = []
  /// Where each row begins in `tokens`, and the end.
  package private(set) var starts: [Int] = [0]
  /// What the tokens were.
  package private(set) var names: [TokenHash: String] = [:]
  /// How many of the tokens are single characters of a script without blanks.
  package private(set) var ideographCount = 0
  private var ideographs: Set<TokenHash> = []

  /// Stands between the texts of a row. No text has it for a token.
  package static let separator = "\u{1F}"

  package init() {}

  /// The number of rows.
  package var count: Int { starts.count - 1 }

  package subscript(row: Int) -> ArraySlice<TokenHash> { tokens[starts[row]..<starts[row + 1]] }

  /// Whether most of the tokens are single characters.
  package var isMostlyIdeographs: Bool { 2 * ideographCount > tokens.count }

  /// Adds a row of one or more texts. Empty texts in front leave their separator, so that a review
  /// without a title differs from one that begins in the middle.
  package mutating func append(_ texts: [String]) {
    for (index, text) in texts.enumerated() {
      if index > 0 { append(token: Self.separator) }
      for token in Tokenizer.tokens(of: text) { append(token: token) }
    }
    starts.append(tokens.count)
  }

  private mutating func append(token: String) {
    let hash = TokenHash(token)
    if names[hash] == nil {
      names[hash] = token
      if Tokenizer.isIdeograph(token) { ideographs.insert(hash) }
    }
    if ideographs.contains(hash) { ideographCount += 1 }
    tokens.append(hash)
  }

  /// `[rows]`: for each row, the first one of the same tokens. A row that says nothing is like no
  /// other.
  ///
  /// - Complexity: O(tokens).
  package func firstOfEqual() -> [Int] {
    let separator = TokenHash(Self.separator)
    var first: [ArraySlice<TokenHash>: Int] = [:]
    return (0..<count).map { row in
      guard !self[row].allSatisfy({ $0 == separator }) else { return row }
      if let found = first[self[row]] { return found }
      first[self[row]] = row
      return row
    }
  }
}
