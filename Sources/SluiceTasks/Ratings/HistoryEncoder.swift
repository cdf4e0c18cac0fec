import SluicePlatform

/// What lies between ratings and the networks, fitted on the training rows.
struct HistoryEncoder: Codable, Hashable, Sendable {
  /// Of the ratings.
  let mean: Double
  let deviation: Double
  /// `[K]`: the classes' distances from the mean rating, in standard deviations.
  let deviations: [Double]
  /// Ratings at the mean that are added to those of each user and of each item.
  let userShrinkage: Double
  let itemShrinkage: Double
  /// Of the logarithm of the time between two ratings of a user.
  let gapCentre: Float
  let gapScale: Float
  /// Of each column of numbers.
  let numberCentres: [Float]
  let numberScales: [Float]
  /// Items whose number is below this have an embedding of their own.
  let embeddedItems: Int

  /// Fits to the training rows.
  ///
  /// - Parameters:
  ///   - events: All with ratings, in the order of time.
  init(_ events: RatingEvents, scale: RatingScale, biases: RatingBiases, embeddedItems: Int) {
    var counts = [Int](repeating: 0, count: scale.count)
    for rating in events.classes { counts[Int(rating)] += 1 }
    let moments = scale.moments(counts: counts)
    let deviation = max(moments.deviation, 1e-9)
    mean = moments.mean
    self.deviation = deviation
    deviations = scale.values.map { ($0 - moments.mean) / deviation }
    userShrinkage = biases.userShrinkage
    itemShrinkage = biases.itemShrinkage
    var last = [Int?](repeating: nil, count: 1 + Int(events.users.max() ?? -1))
    var gaps = Moments()
    for row in 0..<events.count where events.users[row] >= 0 {
      let user = Int(events.users[row])
      if let last = last[user] { gaps.add(Self.logarithm(gap: events.seconds[row] - last)) }
      last[user] = events.seconds[row]
    }
    gapCentre = Float(gaps.mean)
    gapScale = Float(gaps.deviation)
    var centres: [Float] = []
    var scales: [Float] = []
    for column in 0..<events.numberCount {
      var moments = Moments()
      for row in 0..<events.count {
        let value = events.numbers[row * events.numberCount + column]
        if !value.isNaN { moments.add(Double(value)) }
      }
      centres.append(Float(moments.mean))
      scales.append(Float(moments.deviation))
    }
    numberCentres = centres
    numberScales = scales
    self.embeddedItems = embeddedItems
  }

  /// The place of an item in the table of embeddings; 0 is unknown.
  func embedding(of item: Int32) -> Int32 {
    item >= 0 && Int(item) < embeddedItems ? item + 1 : 0
  }

  /// A gap in seconds as a number around 0.
  func feature(gap: Int) -> Float {
    max(-5, min(5, (Float(Self.logarithm(gap: gap)) - gapCentre) / gapScale))
  }

  /// A number of a column as one around 0; 0 where there is none.
  func feature(number: Float, column: Int) -> Float {
    guard !number.isNaN else { return 0 }
    return max(-5, min(5, (number - numberCentres[column]) / numberScales[column]))
  }

  private static func logarithm(gap: Int) -> Double { log1p(Double(max(0, gap)) / 60) }

  /// A distance from the mean, in standard deviations, as a rating.
  func rating(deviation distance: Float) -> Double { mean + Double(distance) * deviation }

  /// The values of an earlier rating that are no indices: the rating, its distance from what the item
  /// got before, the gap before it, and its numbers.
  var inputCount: Int { 3 + numberCentres.count }

  /// What is known of user and item before a rating: the mean of each as far as it goes, how far
  /// that is, the gap since the user's last rating and whether there is one.
  static let knownCount = 6

  /// Mean and standard deviation of what is added.
  private struct Moments {
    private var count = 0.0
    private var sum = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
      count += 1
      sum += value
      squares += value * value
    }

    var mean: Double { count > 0 ? sum / count : 0 }

    /// 1 where all are the same.
    var deviation: Double {
      let variance = count > 0 ? squares / count - mean * mean : 0
      return variance > 1e-12 * max(1, mean * mean) ? variance.squareRoot() : 1
    }
  }
}
