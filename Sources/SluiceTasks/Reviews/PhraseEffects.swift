import SluiceTables

/// What single words and pairs of them do to a rating, by the linear model that stands beside the
/// networks: what it expects of a text of which they are a fifth, less what it expects of one that says
/// nothing.
struct PhraseEffects {
  struct Phrase {
    var text: String
    /// The texts that hold it.
    var rows: Int
    var effect: Double
    /// The means over these texts.
    var expected: Double
    var given: Double
  }

  /// The most uplifting first.
  let phrases: [Phrase]

  /// Texts that are looked through, at most.
  private static let mostTexts = 8000
  /// Phrases that are judged, at most: the most common ones.
  private static let mostPhrases = 4000

  /// - Parameters:
  ///   - rows: Those of the set that were scored.
  ///   - scores: Of these rows.
  /// - Complexity: O(tokens of 8,000 texts).
  init(
    _ set: ReviewSet, rows: [Int], scores: ReviewScores, baseline: BagOfWords, scale: RatingScale
  ) {
    let every = max(1, (rows.count + Self.mostTexts - 1) / Self.mostTexts)
    let places = Array(stride(from: 0, to: rows.count, by: every))
    let lengths = set.texts.isMostlyIdeographs ? 2...3 : 1...2
    let words = Set(set.texts.names.filter { Self.isWord($0.value) }.keys)
    var found: [[TokenHash]: [Int]] = [:]
    for place in places {
      let tokens = Array(set.texts[rows[place]])
      for first in tokens.indices {
        for length in lengths where first + length <= tokens.count {
          let phrase = Array(tokens[first..<(first + length)])
          guard phrase.allSatisfy(words.contains), found[phrase]?.last != place else { continue }
          found[phrase, default: []].append(place)
        }
      }
    }
    let fewest = max(5, places.count / 400)
    let common = found.filter { $0.value.count >= fewest }
      .map { (tokens: $0.key, places: $0.value, text: Self.text($0.key, of: set.texts)) }
      .sorted { ($0.places.count, $1.text) > ($1.places.count, $0.text) }
      .prefix(Self.mostPhrases)
    let effects = baseline.effects(
      of: common.map { ArraySlice($0.tokens) }, in: set.texts, scale: scale)
    let (expected, given) = (scores.expected, scores.given)
    phrases = zip(common, effects).map { phrase, effect in
      let count = Double(phrase.places.count)
      return Phrase(
        text: phrase.text, rows: phrase.places.count, effect: effect,
        expected: phrase.places.reduce(0) { $0 + expected[$1] } / count,
        given: phrase.places.reduce(0) { $0 + given[$1] } / count)
    }.sorted { ($0.effect, $1.text) > ($1.effect, $0.text) }
  }

  /// Whether a token is more than marks.
  private static func isWord(_ token: String) -> Bool {
    token != TokenizedTexts.separator && !token.allSatisfy { $0.isPunctuation || $0.isMathSymbol }
  }

  private static func text(_ tokens: [TokenHash], of texts: TokenizedTexts) -> String {
    tokens.map { texts.names[$0] ?? "" }.joined(separator: texts.isMostlyIdeographs ? "" : " ")
  }
}

extension BagOfWords {
  /// `[texts]`: the rating that is expected where a text stands among four times as much that says
  /// nothing, less that of nothing. Alone, all words of one direction would reach the end of the scale.
  func effects(
    of texts: [ArraySlice<TokenHash>], in corpus: TokenizedTexts, scale: RatingScale
  ) -> [Double] {
    let rows = features.rows([[]] + texts, in: corpus)
      .scaled(by: [Float](repeating: 0.2, count: features.count))
    let expected =
      scale.bounds == nil ? scale.expectations(probabilities(rows)) : ratings(rows)
    return expected.dropFirst().map { $0 - expected[0] }
  }
}
