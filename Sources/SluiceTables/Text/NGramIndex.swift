import Foundation

/// The sequences of one, two, … tokens that occur in enough texts, each a column of a sparse matrix,
/// with the number of texts that have it.
///
/// A sequence is known by 32 bits of its hash: beside 10⁵ columns, one unknown sequence in 40,000 is
/// taken for a known one.
package struct NGramIndex: Codable, Hashable, Sendable {
  /// The longest sequence, in tokens.
  package let order: Int
  /// Ascending; the position is the column.
  private let fingerprints: [UInt32]
  /// How many texts have each.
  private let documents: [Int32]
  /// The number of texts that were counted.
  private let texts: Int
  /// Where the fingerprints that begin with each 16 bits start.
  private let starts: [Int32]
  /// What a column weighs: log((1 + texts) / (1 + texts that have it)) + 1.
  private let weights: [Float]

  private init(order: Int, fingerprints: [UInt32], documents: [Int32], texts: Int) {
    self.order = order
    self.fingerprints = fingerprints
    self.documents = documents
    self.texts = texts
    var starts = [Int32](repeating: 0, count: 1 << 16 + 1)
    for fingerprint in fingerprints { starts[Int(fingerprint >> 16) + 1] += 1 }
    for index in 0..<1 << 16 { starts[index + 1] += starts[index] }
    self.starts = starts
    weights = documents.map { Float(log(Double(1 + texts) / Double(1 + $0)) + 1) }
  }

  /// Counts the sequences of some rows.
  ///
  /// - Parameters:
  ///   - order: The longest sequence, in tokens.
  ///   - minimum: How many texts must have a sequence.
  ///   - maximum: At most about so many columns: the minimum is raised until no more are left.
  /// - Complexity: O(n log n) for n = order · tokens, 4 n bytes.
  package init(_ corpus: TokenizedTexts, rows: [Int], order: Int, minimum: Int, maximum: Int) {
    self.init(rows: rows, order: order, minimum: minimum, maximum: maximum) { corpus[$0] }
  }

  /// Counts the sequences of some rows of anything that has tokens.
  ///
  /// - Parameter tokens: Of a row.
  package init(
    rows: [Int], order: Int, minimum: Int, maximum: Int, tokens: (Int) -> ArraySlice<TokenHash>
  ) {
    var all: [UInt32] = []
    var own: [UInt32] = []
    for row in rows {
      own.removeAll(keepingCapacity: true)
      Self.forEachSequence(of: tokens(row), order: order) { own.append($0) }
      own.sort()
      for (index, fingerprint) in own.enumerated() where index == 0 || own[index - 1] != fingerprint
      {
        all.append(fingerprint)
      }
    }
    all.sort()
    var counted: [(fingerprint: UInt32, documents: Int32)] = []
    var start = 0
    while start < all.count {
      var end = start + 1
      while end < all.count, all[end] == all[start] { end += 1 }
      if end - start >= minimum { counted.append((all[start], Int32(end - start))) }
      start = end
    }
    if counted.count > maximum {
      let least = counted.map(\.documents).sorted(by: >)[max(0, maximum)]
      counted.removeAll { $0.documents <= least }
    }
    self.init(
      order: order, fingerprints: counted.map(\.fingerprint), documents: counted.map(\.documents),
      texts: rows.count)
  }

  /// The number of columns.
  package var count: Int { fingerprints.count }

  /// The columns of a text and their weights: (1 + log of how often it occurs) · the column's
  /// weight, divided by the length of the vector. Columns ascend; none for a text without known
  /// sequences.
  package func features(of tokens: ArraySlice<TokenHash>) -> (columns: [Int32], weights: [Float]) {
    var found: [Int32] = []
    Self.forEachSequence(of: tokens, order: order) { fingerprint in
      if let column = column(of: fingerprint) { found.append(column) }
    }
    found.sort()
    var columns: [Int32] = []
    var values: [Float] = []
    var start = 0
    while start < found.count {
      var end = start + 1
      while end < found.count, found[end] == found[start] { end += 1 }
      columns.append(found[start])
      let occurrences = Float(end - start)
      values.append((1 + log(occurrences)) * weights[Int(found[start])])
      start = end
    }
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length > 0 { for index in values.indices { values[index] /= length } }
    return (columns, values)
  }

  private func column(of fingerprint: UInt32) -> Int32? {
    let prefix = Int(fingerprint >> 16)
    for column in starts[prefix]..<starts[prefix + 1] where fingerprints[Int(column)] == fingerprint
    {
      return column
    }
    return nil
  }

  private static func forEachSequence(
    of tokens: ArraySlice<TokenHash>, order: Int, _ body: (UInt32) -> Void
  ) {
    for first in tokens.indices {
      var hash = tokens[first]
      body(UInt32(truncatingIfNeeded: hash.value))
      for next in tokens.indices[first...].dropFirst().prefix(order - 1) {
        hash = hash.followed(by: tokens[next])
        body(UInt32(truncatingIfNeeded: hash.value))
      }
    }
  }

  private enum CodingKeys: String, CodingKey {
    case order, texts, fingerprints, documents
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(order, forKey: .order)
    try values.encode(texts, forKey: .texts)
    try values.encode(PackedIntegers.data(of: fingerprints), forKey: .fingerprints)
    try values.encode(
      PackedIntegers.data(of: documents.map { UInt32($0) }), forKey: .documents)
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let fingerprints = PackedIntegers.values(
      of: try values.decode(Data.self, forKey: .fingerprints))
    let documents = PackedIntegers.values(of: try values.decode(Data.self, forKey: .documents))
    let isSound =
      fingerprints.count == documents.count
      && zip(fingerprints, fingerprints.dropFirst()).allSatisfy { $0 < $1 }
      && documents.allSatisfy { $0 <= UInt32(Int32.max) }
    guard isSound else {
      throw DecodingError.dataCorruptedError(
        forKey: .fingerprints, in: values, debugDescription: "the columns do not ascend")
    }
    let order = try values.decode(Int.self, forKey: .order)
    let texts = try values.decode(Int.self, forKey: .texts)
    guard (1...64).contains(order), (Int(documents.max() ?? 0)...1 << 48).contains(texts) else {
      throw DecodingError.dataCorruptedError(
        forKey: .order, in: values, debugDescription: "the order or the number of texts is absurd")
    }
    self.init(
      order: order, fingerprints: fingerprints, documents: documents.map { Int32($0) },
      texts: texts)
  }
}
