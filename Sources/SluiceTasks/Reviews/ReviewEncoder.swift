import SluiceTables

/// What lies between reviews and one network, fitted on the rows that it learns from.
struct ReviewEncoder: Codable, Hashable, Sendable {
  let vocabulary: Vocabulary
  /// Nil where there is no wide branch.
  let ngrams: NGramIndex?
  /// Nil where there is no such column, or where the network does not read it.
  let user: IdentityStatistics?
  let item: IdentityStatistics?
  /// For each column of categories, its values; 0 is the unknown one, value k has the index k + 1.
  let categories: [[String]]
  /// Mean and standard deviation of each column of numbers.
  let centres: [Float]
  let scales: [Float]
  /// Mean and standard deviation of the ratings.
  let ratingCentre: Float
  let ratingDeviation: Float

  /// Values of a category known by name, at most.
  private static let mostCategories = 1000

  /// Fits on some rows of a set.
  ///
  /// - Parameters:
  ///   - deviations: `[R]`, the ratings' distances from the mean, in standard deviations.
  ///   - moments: Mean and standard deviation of the ratings.
  init(
    _ set: ReviewSet, rows: [Int], deviations: [Float],
    moments: (mean: Double, deviation: Double), model: ReviewModelSettings
  ) {
    ratingCentre = Float(moments.mean)
    ratingDeviation = max(1e-6, Float(moments.deviation))
    vocabulary = Vocabulary(
      set.texts, rows: rows, minimumCount: model.minimumCount, maximum: model.vocabulary,
      buckets: model.buckets)
    ngrams =
      model.wide.order == 0
      ? nil
      : NGramIndex(
        set.texts, rows: rows, order: model.wide.order, minimum: model.wide.minimumCount,
        maximum: model.wide.maximum)
    let readsSide = model.side.size > 0
    func statistics(_ identities: [String]) -> IdentityStatistics? {
      guard readsSide, !identities.isEmpty else { return nil }
      return IdentityStatistics(
        identities, deviations: deviations, rows: rows, shrinkage: model.side.shrinkage)
    }
    user = statistics(set.users)
    item = statistics(set.items)
    categories =
      readsSide ? set.categories.map { Self.frequent($0, rows: rows) } : []
    let moments = readsSide ? set.numbers.map { Self.moments($0, rows: rows) } : []
    centres = moments.map(\.mean)
    scales = moments.map(\.deviation)
  }

  /// The most frequent values of a column, the earlier among equals. An empty cell is unknown.
  private static func frequent(_ cells: [String], rows: [Int]) -> [String] {
    var places: [String: Int] = [:]
    var counted: [(name: String, count: Int)] = []
    for row in rows where !cells[row].isEmpty {
      if let place = places[cells[row]] {
        counted[place].count += 1
      } else {
        places[cells[row]] = counted.count
        counted.append((cells[row], 1))
      }
    }
    return counted.enumerated()
      .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
      .prefix(mostCategories).map(\.element.name)
  }

  private static func moments(_ cells: [Float?], rows: [Int]) -> (mean: Float, deviation: Float) {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0
    for row in rows {
      guard let value = cells[row].map(Double.init) else { continue }
      count += 1
      sum += value
      squares += value * value
    }
    guard count > 0 else { return (0, 1) }
    let mean = sum / count
    let variance = max(0, squares / count - mean * mean)
    return (Float(mean), variance > 0 ? Float(variance.squareRoot()) : 1)
  }

  /// The numbers of a row besides its text that are not indices: two for the user, two for the item,
  /// one for each column of numbers.
  var sideCount: Int {
    (user == nil ? 0 : IdentityStatistics.featureCount)
      + (item == nil ? 0 : IdentityStatistics.featureCount) + centres.count
  }

  /// Whether all that is named in a row, its user and its item, was among the rows learned from.
  func knows(row: Int, of set: ReviewSet) -> Bool {
    (user.map { set.users.isEmpty || $0.knows(set.users[row]) } ?? true)
      && (item.map { set.items.isEmpty || $0.knows(set.items[row]) } ?? true)
  }
}
