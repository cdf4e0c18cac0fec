import SluiceTables

/// Makes one rating of many values of two, that of networks and that of a linear model beside them, with an
/// interval around it: the mean of the networks' quantiles, moved along with the rating, and by what rows
/// ask that neither has learned from. (Quantiles of the networks' mean would lie farther apart than those
/// of the single network that such rows were seen by.)
struct MeanBlend: Codable, Hashable, Sendable {
  /// Of the training ratings.
  let mean: Double
  /// w, in 0 … 1: the rating is w · network + (1 − w) · linear.
  let networkShare: Double
  /// What p10 is lowered and p90 raised by; below 0: the networks' interval is too wide.
  let below: Double
  let above: Double

  init(mean: Double, networkShare: Double, below: Double = 0, above: Double = 0) {
    self.mean = mean
    self.networkShare = networkShare
    self.below = below
    self.above = above
  }

  /// The share of ratings below p10, and of those above p90.
  static let tail = 0.1
  /// As many rows are as good as what is taken for likely before any are seen, w = 0.5.
  private static let rowsOfDoubt = 100.0

  /// Chooses w such that the squared error is least, nearer to one half where rows are few; then moves
  /// both ends of the interval such that a tenth of the ratings lies beyond each.
  ///
  /// - Parameters:
  ///   - isBlended: Whether the linear model has a share at all.
  ///   - mean: Of the training ratings.
  /// - SeeAlso: Romano, Patterson and Candès, "Conformalized quantile regression", 2019.
  init(_ forecasts: MeanForecasts, isBlended: Bool, mean: Double, scale: RatingScale) {
    var products = 0.0
    var squares = 0.0
    if isBlended {
      for (row, own) in scale.expectations(forecasts.network).enumerated() {
        let apart = own - forecasts.simpler[row]
        products += apart * (forecasts.ratings[row] - forecasts.simpler[row])
        squares += apart * apart
      }
    }
    let rows = Double(forecasts.ratings.count)
    let best = squares > 0 ? min(1, max(0, products / squares)) : 0.5
    let share = isBlended ? 0.5 + (best - 0.5) * rows / (rows + Self.rowsOfDoubt) : 1
    let ends = MeanBlend(mean: mean, networkShare: share).ends(
      networks: [forecasts.network], simpler: forecasts.simpler, scale: scale)
    /// What the highest tenth of some distances exceeds, of one row more than there are.
    func excess(_ distances: [Double]) -> Double {
      ConformalQuantile.of(distances, level: 1 - Self.tail) ?? distances.max() ?? 0
    }
    self.init(
      mean: mean, networkShare: share,
      below: excess(zip(ends, forecasts.ratings).map { $0.low - $1 }),
      above: excess(zip(ends, forecasts.ratings).map { $1 - $0.high }))
  }

  /// The blended ratings of some rows, none beyond those of the training.
  ///
  /// - Parameters:
  ///   - networks: Of each network, `[R, K]`; at least one.
  ///   - simpler: `[R]`; not read where the networks have the whole share.
  func callAsFunction(networks: [[Float]], simpler: [Double], scale: RatingScale) -> MeanAnswers {
    let bounds = scale.bounds ?? []
    func kept(_ value: Double) -> Double {
      min(bounds.last ?? value, max(bounds.first ?? value, value))
    }
    let ends = ends(networks: networks, simpler: simpler, scale: scale)
    let expected = ends.map { kept($0.rating) }
    return MeanAnswers(
      expected: expected,
      intervals: zip(ends, expected).map { end, rating in
        min(rating, kept(end.low - below))...max(rating, kept(end.high + above))
      })
  }

  /// The ratings, and the quantiles around them as the networks have them.
  private func ends(networks: [[Float]], simpler: [Double], scale: RatingScale) -> [(
    rating: Double, low: Double, high: Double
  )] {
    let part = 1 / Double(networks.count)
    return (0..<(networks[0].count / scale.count)).map { row in
      var (own, low, high) = (0.0, 0.0, 0.0)
      for network in networks {
        let probabilities = network[(row * scale.count)..<((row + 1) * scale.count)]
        own += part * scale.expected(probabilities)
        low += part * scale.quantile(Self.tail, of: probabilities)
        high += part * scale.quantile(1 - Self.tail, of: probabilities)
      }
      let rating =
        networkShare == 1 ? own : networkShare * own + (1 - networkShare) * simpler[row]
      return (rating, rating - own + low, rating - own + high)
    }
  }

  /// The blends of some parts of rows: that of all, and the answers to each part by the blend that suits
  /// the others best, for a report that does not flatter.
  ///
  /// - Parameter parts: One that is alone is halved.
  static func outOfFold(
    _ parts: [MeanForecasts], isBlended: Bool, mean: Double, scale: RatingScale
  ) -> (blend: MeanBlend, answers: MeanAnswers) {
    var parts = parts
    if let only = parts.first, parts.count == 1, only.ratings.count > 1 {
      let half = only.ratings.count / 2
      parts = [only[0..<half], only[half..<only.ratings.count]]
    }
    func blend(_ parts: [MeanForecasts]) -> MeanBlend {
      MeanBlend(
        parts.reduce(MeanForecasts(), +), isBlended: isBlended, mean: mean, scale: scale)
    }
    var answers = MeanAnswers(expected: [], intervals: [])
    for (own, part) in parts.enumerated() {
      let others = parts.indices.filter { $0 != own || parts.count == 1 }.map { parts[$0] }
      let found = blend(others)(networks: [part.network], simpler: part.simpler, scale: scale)
      answers.expected += found.expected
      answers.intervals? += found.intervals ?? []
    }
    return (blend(parts), answers)
  }

  /// For people: `0.65 network, 0.35 bag of words`.
  func summary(simpler: String) -> String { RatingBlend.shares(networkShare, simpler: simpler) }

  /// Whether the numbers are those of a blend, as those of a file may not be.
  var isSound: Bool {
    (0...1).contains(networkShare) && [mean, below, above].allSatisfy(\.isFinite)
  }
}
