import SluiceTables

/// Which words and short sequences of them a review holds, and which sequences of characters are in
/// its words, TF-IDF weighted.
struct TextFeatures: Sendable {
  let words: NGramIndex
  /// The sequences of characters within words; nil where they are not read.
  let characters: NGramIndex?

  /// In characters, those for a word's begin and end included.
  private static let characterLengths = 2...5

  /// Tokens, times the outputs of a regression, up to which reviews are few. Of few, characters are
  /// read too: there are about eight times as many sequences of them, and with many reviews the words
  /// themselves are enough.
  private static let mostTokensOfFew = 1 << 20

  init(words: NGramIndex, characters: NGramIndex?) {
    self.words = words
    self.characters = characters
  }

  /// Counts the sequences of some rows.
  ///
  /// - Parameters:
  ///   - classCount: K.
  ///   - wide: What counts as a sequence.
  ///   - words: Those of words, where they have been counted in the same rows.
  init(
    _ set: ReviewSet, rows: [Int], classCount: Int, wide: WideSettings, words: NGramIndex?
  ) {
    let texts = set.texts
    let order = wide.order > 0 ? wide.order : texts.isMostlyIdeographs ? 3 : 2
    let outputs = classCount == 2 ? 1 : classCount
    let areFew =
      !texts.isMostlyIdeographs && texts.tokens.count * outputs <= Self.mostTokensOfFew
    // One output can afford words that are met once, which tell how much of a text is known.
    let hasRare = areFew && outputs == 1
    if let words, !hasRare {
      self.words = words
    } else {
      self.words = NGramIndex(
        texts, rows: rows, order: order, minimum: hasRare ? 1 : wide.minimumCount,
        maximum: wide.maximum)
    }
    guard areFew else {
      characters = nil
      return
    }
    let sequences = CharacterSequences(texts, lengths: Self.characterLengths)
    characters = NGramIndex(
      rows: rows, order: 1, minimum: wide.minimumCount, maximum: wide.maximum
    ) { sequences.of(texts[$0]) }
  }

  /// F: the number of columns.
  var count: Int { words.count + (characters?.count ?? 0) }

  /// `[rows, F]`: the sequences of words, then those of characters.
  func rows(_ rows: [Int], of set: ReviewSet) -> SparseRows {
    self.rows(rows.map { set.texts[$0] }, in: set.texts)
  }

  /// `[texts, F]`, likewise, of any tokens of a corpus.
  func rows(_ texts: [ArraySlice<TokenHash>], in corpus: TokenizedTexts) -> SparseRows {
    var features = SparseRows(columnCount: count)
    let sequences = characters.map { _ in
      CharacterSequences(corpus, lengths: Self.characterLengths)
    }
    for text in texts {
      var own = words.features(of: text)
      if let characters, let sequences {
        let more = characters.features(of: sequences.of(text))
        own.columns += more.columns.map { $0 + Int32(words.count) }
        own.weights += more.weights
      }
      features.append(columns: own.columns, values: own.weights)
    }
    return features
  }
}
