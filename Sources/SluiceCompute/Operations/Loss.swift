/// What a loss measures for one element.
public enum LossFunction: Hashable, Sendable {
  /// (p − y)²
  case meanSquaredError
  /// |p − y|
  case meanAbsoluteError
  /// ½e² up to |e| = delta, delta·(|e| − ½delta) beyond.
  case huber(delta: Float)
  /// max(q·e, (q − 1)·e) with e = y − p, one column of the prediction for each quantile q; the
  /// mean is over rows and quantiles.
  case quantile([Float])
  /// The pinball loss of quantiles around a mixture of K given numbers, summed over the Q quantiles,
  /// an odd number, ascending; the mean is over rows.
  ///
  /// A row of the prediction holds K scores, then for each quantile one number r. The middle quantile
  /// is Σ softmax(scores)ₖ · bₖ + r; each further one lies 1.5 · log(1 + e^(r + ½)) above the one
  /// below it, or, under the middle, below the one above it. A row of the target holds y, then the
  /// numbers b; one of 1e30 and beyond is missing and its score, which must be finite, does not count. At least one must not
  /// be missing.
  case mixedQuantiles([Float])
  /// −(w·y·log σ(p) + (1 − y)·log(1 − σ(p))) for a logit p, w = `positiveWeight`.
  case binaryCrossEntropy(positiveWeight: Float)
  /// −log softmax(p)[y] for K logits and a class y.
  case softmaxCrossEntropy
  /// For K logits of ordered classes and a class y, softmax cross-entropy mixed with the ranked
  /// probability score: (1 − share) · −log P[y] + share · Σ_{k < K − 1} (F[k] − 1[y ≤ k])², where
  /// P = softmax(p) and F is its cumulative sum. A guess that is two classes off costs more than
  /// one that is next to the truth. `share` lies in `0 ... 1`; any K.
  ///
  /// - SeeAlso: Epstein, "A scoring system for probability forecasts of ranked categories", 1969.
  case rankedProbability(share: Float)

  /// Whether targets are int32 classes, one per row, and classes may have weights.
  public var takesClasses: Bool {
    switch self {
    case .softmaxCrossEntropy, .rankedProbability: true
    default: false
    }
  }

  /// How many targets a row of K predictions has.
  func targetColumns(predictionColumns: Int) -> Int {
    if case .quantile = self { return 1 }
    if case .mixedQuantiles(let quantiles) = self {
      return max(0, predictionColumns - quantiles.count) + 1
    }
    return takesClasses ? 1 : predictionColumns
  }
}

/// A loss and its gradient in one pass:
/// L = Σ weight · element loss / Σ weight, the mean over true elements.
///
/// The weight of an element is its row's weight (1 where nil) times, for
/// ``LossFunction/softmaxCrossEntropy`` and ``LossFunction/rankedProbability(share:)``, the weight
/// of its class (1 where nil).
/// A NaN or infinite prediction gives a NaN or infinite loss, never a hidden one.
public struct Loss: Operation {
  public static let name = "loss"

  /// What is measured.
  public var function: LossFunction
  /// `[R…, K]`, any strides. Leading dimensions are folded.
  public var prediction: Tensor
  /// float32 `[R…, K]` (`[R…, 1]` or `[R…]` for quantiles, `[R…, 1 + K]` for mixed
  /// ones), or int32 classes, one per row, where
  /// the function ``LossFunction/takesClasses``. Contiguous.
  public var target: Tensor
  /// One per row, contiguous; 0 leaves a row out, whatever it holds.
  public var rowWeights: Tensor?
  /// `[K]`, where the function ``LossFunction/takesClasses``.
  public var classWeights: Tensor?
  /// `[2]`, written: Σ weight · element loss, and Σ weight. The mean loss is their quotient.
  public var statistics: Tensor
  /// The shape of `prediction`, any strides; written with `gradientScale` · dL/dprediction.
  /// Not computed where nil. All zero if Σ weight is 0.
  public var gradient: Tensor?
  /// Multiplies the gradient, not the loss.
  public var gradientScale: Float

  /// Each argument is the property of its name.
  public init(
    _ function: LossFunction, prediction: Tensor, target: Tensor, rowWeights: Tensor? = nil,
    classWeights: Tensor? = nil, statistics: Tensor, gradient: Tensor? = nil,
    gradientScale: Float = 1
  ) {
    self.function = function
    self.prediction = prediction
    self.target = target
    self.rowWeights = rowWeights
    self.classWeights = classWeights
    self.statistics = statistics
    self.gradient = gradient
    self.gradientScale = gradientScale
  }

  public func validate() throws(ComputeError) {
    try Check.floats([
      ("prediction", prediction), ("row weights", rowWeights), ("class weights", classWeights),
      ("statistics", statistics), ("gradient", gradient),
    ])
    try Check.shape("statistics", statistics, [2])
    try Check.shape("gradient", gradient, prediction.shape)
    let columns = function.targetColumns(predictionColumns: prediction.columns)
    try Check.that(
      target.count == prediction.rows * columns,
      "targets \(target.shape) for predictions \(prediction.shape)")
    try Check.contiguous("target", target)
    try Check.contiguous("row weights", rowWeights)
    if let rowWeights {
      try Check.that(
        rowWeights.count == prediction.rows, "\(rowWeights.shape) weights for \(prediction.shape)")
    }
    if function.takesClasses {
      try Check.indices([("target", target)])
      try Check.shape("class weights", classWeights, [prediction.columns])
    } else {
      try Check.floats([("target", target)])
      try Check.argument(classWeights == nil, "only losses of classes have class weights")
    }
    switch function {
    case .quantile(let quantiles):
      try Check.argument(
        quantiles.count == prediction.columns && quantiles.allSatisfy { $0 > 0 && $0 < 1 },
        "quantiles \(quantiles) for predictions \(prediction.shape)")
    case .mixedQuantiles(let quantiles):
      try Check.argument(
        quantiles.count % 2 == 1 && quantiles.count < prediction.columns
          && quantiles.allSatisfy { $0 > 0 && $0 < 1 }
          && zip(quantiles, quantiles.dropFirst()).allSatisfy { $0 < $1 },
        "mixed quantiles \(quantiles) for predictions \(prediction.shape)")
    case .huber(let delta):
      try Check.argument(delta > 0, "a Huber loss with delta \(delta)")
    case .rankedProbability(let share):
      try Check.argument(
        share >= 0 && share <= 1, "a ranked probability score with a share of \(share)")
    default:
      break
    }
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}
