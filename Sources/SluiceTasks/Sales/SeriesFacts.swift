import SluicePlatform

/// What a forecast must know of one series besides its past.
package struct SeriesFacts: Codable, Hashable, Sendable {
  /// The values of the series columns.
  package var key: [String]
  /// Sales are divided by it before the logarithm: 1 for counts, less where all is small, more where
  /// all is large, so that log(1 + x) neither flattens a series nor makes a cliff of its zeros.
  package var unit: Float
  /// What is taken away from log(1 + sales / unit), besides the calendar.
  package var offset: Float
  /// The level of the residual at the end of the training data.
  package var level: Float
  /// The smallest amount ever sold. A forecast below half of it is 0.
  package var smallest: Float

  /// The mean of the series on a scale that all share, whatever their units.
  var sharedOffset: Float { offset + log(unit) }

  /// The unit for a mean amount.
  static func unit(forMean mean: Float) -> Float {
    (1...5000).contains(mean) || !(mean > 0) ? 1 : mean / 50
  }
}

/// Makes the facts of series that were not trained on.
struct ColdStart {
  private let centre: Float
  private let smallest: Float
  /// For each series column, what the series with a value have in common.
  private let effects: [[String: Float]]
  private let keepsOffset: SeriesFacts?

  /// - Parameter hasOffsets: Whether series have offsets of their own.
  init(_ known: [SeriesFacts], columnCount: Int, hasOffsets: Bool) {
    centre = known.reduce(0) { $0 + $1.sharedOffset } / Float(max(1, known.count))
    smallest = known.map(\.smallest).min() ?? 0
    keepsOffset = hasOffsets ? nil : known.first
    let centre = centre
    effects = (0..<columnCount).map { column in
      Dictionary(grouping: known) { $0.key[column] }.mapValues { peers in
        peers.reduce(0) { $0 + $1.sharedOffset } / Float(peers.count) - centre
      }
    }
  }

  /// The facts of a new series without a past: what its known values have in common with others.
  func facts(of key: [String]) -> SeriesFacts {
    if let keepsOffset {
      return SeriesFacts(
        key: key, unit: keepsOffset.unit, offset: keepsOffset.offset, level: 0, smallest: smallest)
    }
    let shared = zip(effects, key).reduce(centre) { $0 + ($1.0[$1.1] ?? 0) }
    let unit = SeriesFacts.unit(forMean: exp(shared))
    return SeriesFacts(
      key: key, unit: unit, offset: shared - log(unit), level: 0, smallest: smallest)
  }
}
