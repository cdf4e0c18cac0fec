import SluicePlatform

/// What makes numbers around 0 of ratings, times and further numbers, fitted on the training rows.
struct RatingEncoder: Codable, Hashable, Sendable {
  /// Of the ratings.
  let mean: Double
  let deviation: Double
  /// `[K]`: the classes' distances from the mean rating, in standard deviations.
  let deviations: [Double]
  let shrinkage: RatingShrinkage
  /// The logarithm of the time between two ratings of a user.
  let gap: FeatureScale
  /// Each column of numbers.
  let numbers: [FeatureScale]
  /// Items whose number is below this have an embedding of their own.
  let embeddedItems: Int

  /// Fits to the training rows.
  ///
  /// - Parameter events: All with ratings, in the order of time.
  init(
    _ events: RatingEvents, scale: RatingScale, shrinkage: RatingShrinkage, embeddedItems: Int
  ) {
    let moments = scale.moments(counts: events.counts(classes: scale.count))
    let deviation = max(moments.deviation, 1e-9)
    mean = moments.mean
    self.deviation = deviation
    deviations = scale.values.map { ($0 - moments.mean) / deviation }
    self.shrinkage = shrinkage
    self.embeddedItems = embeddedItems
    var last: [Int32: Int] = [:]
    var gaps: [Double] = []
    for (user, seconds) in zip(events.users, events.seconds) where user >= 0 {
      if let last = last[user] { gaps.append(Self.logarithm(gap: seconds - last)) }
      last[user] = seconds
    }
    gap = FeatureScale(gaps)
    let width = events.width
    numbers = (0..<width).map { column in
      FeatureScale(
        (0..<events.count).map { Double(events.numbers[$0 * width + column]) }
          .filter { !$0.isNaN })
    }
  }

  /// The place of an item in the table of embeddings; 0 is unknown.
  func embedding(of item: Int32) -> Int32 {
    item >= 0 && Int(item) < embeddedItems ? item + 1 : 0
  }

  /// A gap in seconds as a number around 0.
  func feature(gap seconds: Int) -> Float { gap(Float(Self.logarithm(gap: seconds))) }

  private static func logarithm(gap: Int) -> Double { log1p(Double(max(0, gap)) / 60) }

  /// A distance from the mean, in standard deviations, as a rating.
  func rating(deviation distance: Float) -> Double { mean + Double(distance) * deviation }

  /// The values of an earlier rating that are no indices: the rating, its distance from what the item
  /// got before, the gap before it, and its numbers.
  var inputCount: Int { 3 + numbers.count }

  /// What is known of user and item before a rating: the mean of each as far as it goes, how far
  /// that is, the gap since the user's last rating and whether there is one.
  static let knownCount = 6

  /// Whether the numbers are such as a fit gives.
  func isSound(classes: Int, columns: Int, items: Int) -> Bool {
    deviations.count == classes && (deviations + [mean, deviation]).allSatisfy(\.isFinite)
      && numbers.count == columns
      && (numbers + [gap]).allSatisfy { $0.centre.isFinite && $0.scale > 0 }
      && shrinkage.user >= 0 && shrinkage.item >= 0 && (0...items).contains(embeddedItems)
  }
}

/// Mean and standard deviation of a feature.
struct FeatureScale: Codable, Hashable, Sendable {
  let centre: Float
  /// 1 where all values are the same.
  let scale: Float

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = count > 0 ? values.reduce(0, +) / count : 0
    let squares = values.reduce(0) { $0 + $1 * $1 }
    let variance = count > 0 ? squares / count - mean * mean : 0
    centre = Float(mean)
    scale = Float(variance > 1e-12 * max(1, mean * mean) ? variance.squareRoot() : 1)
  }

  /// A value as a number around 0; 0 where there is none.
  func callAsFunction(_ value: Float) -> Float {
    value.isNaN ? 0 : max(-5, min(5, (value - centre) / scale))
  }
}
