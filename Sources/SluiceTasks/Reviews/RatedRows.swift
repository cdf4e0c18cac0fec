import SluiceCompute
import SluiceNN
import SluicePlatform

/// A network with the rows that it reads: what training and scoring go through in batches.
protocol RatedRows {
  /// R
  var count: Int { get }
  /// How the network's outputs say a rating.
  var output: RatingOutput { get }
  /// The steps of a row; rows of similar length make a batch.
  func length(_ row: Int) -> Int
  /// The class of a row's rating; −1 where it is not known.
  func classIndex(_ row: Int) -> Int
  /// Runs the network over some rows.
  ///
  /// - Returns: `[N, O]`, and the classes of the rows, `[N]` int32.
  func scores(_ rows: [Int32], on tape: Tape) throws -> (scores: Variable, classes: Tensor)
}

/// How the outputs of a network say a rating of a scale.
enum RatingOutput: Hashable, Sendable {
  /// One output for each of K ratings: the logarithms of their probabilities, up to a constant.
  /// Learned by cross-entropy and, by this share, the ranked probability score.
  case classes(ordinal: Float)
  /// One output: the logit of the higher one of two ratings.
  case logit
  /// One output: the rating itself, in standard deviations from the mean.
  case value(centre: Float, deviation: Float)

  /// The probability of each rating, from the outputs of one row.
  func probabilities(_ outputs: ArraySlice<Float>, scale: RatingScale) -> [Float] {
    let first = outputs.first ?? 0
    switch self {
    case .classes:
      let highest = outputs.max() ?? 0
      let powers = outputs.map { exponential($0 - highest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    case .logit:
      let higher = 1 / (1 + exponential(-first))
      return [1 - higher, higher]
    case .value(let centre, let deviation):
      return scale.interpolated(Double(first * deviation + centre))
    }
  }
}

extension RatingScale {
  /// The probabilities of the two neighbours of a value, such that the value is the expected one.
  fileprivate func interpolated(_ value: Double) -> [Float] {
    var probabilities = [Float](repeating: 0, count: count)
    guard value.isFinite else { return [Float](repeating: .nan, count: count) }
    let upper = values.firstIndex { $0 >= value } ?? count - 1
    guard upper > 0, value <= values[upper] else {
      probabilities[upper] = 1
      return probabilities
    }
    let share = (value - values[upper - 1]) / (values[upper] - values[upper - 1])
    probabilities[upper] = Float(share)
    probabilities[upper - 1] = Float(1 - share)
    return probabilities
  }
}

/// Reviews with the network that reads them.
struct RatedTexts: RatedRows {
  let network: any ReviewReader
  let reviews: ReviewDataset
  let model: ReviewModelConfiguration

  var count: Int { reviews.count }
  var output: RatingOutput { network.output }
  func length(_ row: Int) -> Int { reviews.host.length(row) }
  func classIndex(_ row: Int) -> Int { Int(reviews.host.classes[row]) }

  func scores(_ rows: [Int32], on tape: Tape) throws -> (scores: Variable, classes: Tensor) {
    let batch = try reviews.batch(rows, model: model, on: tape)
    return (try network(batch, of: reviews, on: tape), batch.classes)
  }
}
