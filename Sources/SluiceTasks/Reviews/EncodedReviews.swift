import SluiceTables

/// Reviews as numbers that one network reads, on the host. R rows.
struct EncodedReviews {
  /// The tokens of all rows, each cut off after the first T.
  var tokens: [Int32] = []
  /// For each token, the place of it and its predecessor, from 1; empty where pairs are not read.
  var pairs: [Int32] = []
  /// `[R + 1]`: where each row's tokens begin.
  var starts: [Int32] = [0]
  /// The sequences that the wide branch reads.
  var sequences = SparseRows(columnCount: 0)
  /// `[R, S]`
  var side: [Float] = []
  /// S
  var sideCount = 0
  /// How many identities, users and items, the side numbers begin with.
  var identityCount = 0
  /// For each column of categories, `[R]`.
  var categories: [[Int32]] = []
  /// `[R]`: the class of each rating; −1 where there is none.
  var classes: [Int32] = []
  /// `[R]`: each rating; NaN where there is none.
  var ratings: [Double] = []

  /// The pair that says nothing.
  static let noPair: Int32 = 0

  /// R
  var count: Int { starts.count - 1 }

  func length(_ row: Int) -> Int { Int(starts[row + 1] - starts[row]) }
}

extension ReviewEncoder {
  /// Encodes some rows of a set, in the order given.
  ///
  /// - Parameters:
  ///   - classes: `[R]` of the set: the class of each rating; −1 where there is none.
  ///   - side: `[rows, S]` where the rows' own ratings are part of what is known of their users
  ///     and items; nil: from the statistics.
  /// - Complexity: O(tokens of the rows).
  func encode(
    _ set: ReviewSet, rows: [Int], classes: [Int32], model: ReviewModelSettings,
    identities: [[Float]]? = nil
  ) -> EncodedReviews {
    var encoded = EncodedReviews()
    encoded.sideCount = sideCount
    encoded.identityCount = (user == nil ? 0 : 1) + (item == nil ? 0 : 1)
    encoded.sequences = SparseRows(columnCount: ngrams?.count ?? 0)
    let levels = categories.map { values in
      Dictionary(
        values.enumerated().map { ($1, Int32($0 + 1)) }, uniquingKeysWith: { a, _ in a })
    }
    encoded.categories = categories.map { _ in [] }
    for (index, row) in rows.enumerated() {
      let tokens = set.texts[row]
      var previous = TokenHash(value: 0)
      for token in tokens.prefix(model.tokens) {
        encoded.tokens.append(vocabulary.index(of: token))
        if model.pairs > 0 {
          encoded.pairs.append(Int32(1 + previous.followed(by: token).bucket(of: model.pairs)))
          previous = token
        }
      }
      encoded.starts.append(Int32(encoded.tokens.count))
      if let ngrams {
        let features = ngrams.features(of: tokens)
        encoded.sequences.append(columns: features.columns, values: features.weights)
      }
      encoded.side += identities?[index] ?? identityFeatures(row, of: set)
      for column in centres.indices {
        let value = set.numbers[column][row] ?? centres[column]
        encoded.side.append(max(-5, min(5, (value - centres[column]) / scales[column])))
      }
      for column in categories.indices {
        encoded.categories[column].append(levels[column][set.categories[column][row]] ?? 0)
      }
      encoded.classes.append(classes[row])
      encoded.ratings.append(set.ratings[row] ?? .nan)
    }
    return encoded
  }

  /// What is known of the user and the item of a row.
  private func identityFeatures(_ row: Int, of set: ReviewSet) -> [Float] {
    (user?.features(of: set.users[row]) ?? []) + (item?.features(of: set.items[row]) ?? [])
  }

  /// What is known of the users and items of the rows that were learned from, without their own
  /// parts of the rows.
  func outOfFoldIdentities(
    _ set: ReviewSet, rows: [Int], deviations: [Float], folds: Int, seed: UInt64
  ) -> [[Float]] {
    let users = user?.outOfFoldFeatures(
      set.users, deviations: deviations, rows: rows, folds: folds, seed: seed)
    let items = item?.outOfFoldFeatures(
      set.items, deviations: deviations, rows: rows, folds: folds, seed: seed)
    return rows.indices.map { (users?[$0] ?? []) + (items?[$0] ?? []) }
  }
}
