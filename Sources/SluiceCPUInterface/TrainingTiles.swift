/// What a loss measures for one element.
public enum LossKind: Sendable {
  case meanSquaredError
  case meanAbsoluteError
  case huber(delta: Float)
  /// Quantiles stand in ``LossTile/quantiles``.
  case quantile
  case binaryCrossEntropy(positiveWeight: Float)
  case softmaxCrossEntropy
  case rankedProbability(share: Float)
}

/// Sums of a loss over rows.
public struct LossSums: Sendable {
  public var loss: Double
  public var weight: Double

  public init(loss: Double, weight: Double) {
    self.loss = loss
    self.weight = weight
  }
}

/// Rows of a loss and of its gradient.
public struct LossTile {
  public var kind: LossKind
  public var prediction: FloatRows
  public var columns: Int
  /// Float targets, contiguous.
  public var target: Floats?
  /// Classes, one per row.
  public var classes: Integers?
  public var rowWeights: Floats?
  public var classWeights: Floats?
  /// One per column of the prediction.
  public var quantiles: Floats?
  public var gradient: FloatRows?
  public var rows: Range<Int>

  public init(
    kind: LossKind, prediction: FloatRows, columns: Int, target: Floats?, classes: Integers?,
    rowWeights: Floats?, classWeights: Floats?, quantiles: Floats?, gradient: FloatRows?,
    rows: Range<Int>
  ) {
    self.kind = kind
    self.prediction = prediction
    self.columns = columns
    self.target = target
    self.classes = classes
    self.rowWeights = rowWeights
    self.classWeights = classWeights
    self.quantiles = quantiles
    self.gradient = gradient
    self.rows = rows
  }
}

/// A run of the arena that shares its settings.
public struct OptimizerTile {
  /// Which optimizer: as `OptimizerRule.Algorithm` numbers them.
  public var algorithm: Int
  /// Its constants, in their order.
  public var constants: SIMD4<Float>
  /// 1 − cᵗ of each constant c.
  public var corrections: SIMD4<Float>
  public var weights: Floats
  public var gradients: Floats
  public var moment1: Floats?
  public var moment2: Floats?
  public var count: Int
  public var learningRate: Float
  public var weightDecay: Float
  /// What gradients are multiplied by: the clipping.
  public var gradientScale: Float

  public init(
    algorithm: Int, constants: SIMD4<Float>, corrections: SIMD4<Float>, weights: Floats,
    gradients: Floats, moment1: Floats?, moment2: Floats?, count: Int, learningRate: Float,
    weightDecay: Float, gradientScale: Float
  ) {
    self.algorithm = algorithm
    self.constants = constants
    self.corrections = corrections
    self.weights = weights
    self.gradients = gradients
    self.moment1 = moment1
    self.moment2 = moment2
    self.count = count
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
  }
}
