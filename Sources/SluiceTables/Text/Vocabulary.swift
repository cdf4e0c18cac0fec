/// The words that a model knows by name, and where it puts the others.
///
/// Index 0 is the unknown word, which word dropout puts in; then come the words, the most frequent
/// first; then buckets, in which the words that are too rare share a place by their hash.
package struct Vocabulary: Codable, Hashable, Sendable {
  /// Word k has the index k + 1.
  package let words: [String]
  /// Places for rare words; 0: they are all unknown.
  package let buckets: Int
  private let places: [TokenHash: Int32]

  package static let unknown: Int32 = 0

  package init(words: [String], buckets: Int) {
    self.words = words
    self.buckets = buckets
    places = Dictionary(
      words.enumerated().map { (TokenHash($1), Int32($0 + 1)) }, uniquingKeysWith: { a, _ in a })
  }

  /// The words of some rows that occur often enough.
  ///
  /// - Parameters:
  ///   - minimumCount: How often a word must occur.
  ///   - maximum: At most so many words: the most frequent ones, the earlier among equals.
  /// - Complexity: O(tokens + words · log words).
  package init(_ texts: TokenizedTexts, rows: [Int], minimumCount: Int, maximum: Int, buckets: Int)
  {
    var indices: [TokenHash: Int] = [:]
    var counted: [(hash: TokenHash, count: Int)] = []
    for row in rows {
      for token in texts[row] {
        if let index = indices[token] {
          counted[index].count += 1
        } else {
          indices[token] = counted.count
          counted.append((token, 1))
        }
      }
    }
    let frequent = counted.enumerated().filter { $0.element.count >= minimumCount }
      .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
      .prefix(maximum)
    self.init(words: frequent.compactMap { texts.names[$0.element.hash] }, buckets: buckets)
  }

  /// V: one more than the words and the buckets.
  package var count: Int { 1 + words.count + buckets }

  /// The place of a token.
  package func index(of token: TokenHash) -> Int32 {
    if let place = places[token] { return place }
    return buckets == 0 ? Self.unknown : Int32(1 + words.count + token.bucket(of: buckets))
  }

  private enum CodingKeys: String, CodingKey {
    case words, buckets
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      words: try values.decode([String].self, forKey: .words),
      buckets: try values.decode(Int.self, forKey: .buckets))
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(words, forKey: .words)
    try values.encode(buckets, forKey: .buckets)
  }
}
