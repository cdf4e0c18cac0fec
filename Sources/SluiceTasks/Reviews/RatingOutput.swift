import SluiceCompute
import SluiceNN
import SluicePlatform

/// How the outputs of a network say a rating of a scale.
enum RatingOutput: Hashable, Sendable {
  /// One output for each of K ratings: the logarithms of their probabilities, up to a constant.
  /// Learned by cross-entropy and, by this share, the ranked probability score.
  case classes(ordinal: Float)
  /// One output: the logit of the higher one of two ratings.
  case logit
  /// One output: the rating itself, in standard deviations from the mean.
  case value(centre: Float, deviation: Float)

  /// Whether probabilities are learned; else they are what lies around a value that is.
  var isProbable: Bool {
    if case .value = self { false } else { true }
  }

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

/// The loss of a network that rates.
struct RatingLoss {
  private let output: RatingOutput
  /// `[K, 1]`
  private let classWeights: Tensor?
  /// `[K, 1]`: for outputs that are one number, the target of each class.
  private let targets: Tensor

  /// - Parameter classWeights: `[K]`
  init(
    _ output: RatingOutput, scale: RatingScale, classWeights: [Float]?, on backend: any Backend
  ) throws {
    self.output = output
    self.classWeights = try classWeights.map { try backend.makeTensor([scale.count, 1], $0) }
    let values: [Float] =
      switch output {
      case .classes, .logit: (0..<scale.count).map { Float($0) }
      case .value(let centre, let deviation):
        scale.values.map { (Float($0) - centre) / deviation }
      }
    targets = try backend.makeTensor([scale.count, 1], values)
  }

  /// Enqueues it.
  ///
  /// - Parameters:
  ///   - scores: `[N, O]`
  ///   - classes: `[N]` int32
  func callAsFunction(_ scores: Variable, classes: Tensor, to loss: BatchLoss) throws {
    /// `[N, 1]`: what a table says of each row's class.
    func ofClasses(_ table: Tensor) throws -> Tensor {
      let values = try loss.tape.backend.makeTensor([classes.count, 1])
      try loss.tape.backend.enqueue(GatherRows(source: table, rows: classes, into: values))
      return values
    }
    let function: LossFunction
    switch output {
    case .classes(let ordinal):
      return try loss(
        .rankedProbability(share: ordinal), scores, target: classes,
        classWeights: classWeights.map { $0.reshaped([$0.count]) })
    case .logit: function = .binaryCrossEntropy(positiveWeight: 1)
    case .value: function = .meanSquaredError
    }
    try loss(
      function, scores, target: ofClasses(targets),
      rowWeights: classWeights.map { try ofClasses($0).reshaped([classes.count]) })
  }
}
