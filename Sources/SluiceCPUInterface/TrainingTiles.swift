/// What a loss measures for one element.
package enum LossKind {
  case meanSquaredError
  case meanAbsoluteError
  case huber(delta: Float)
  /// One level per column of the prediction; one target per row.
  case quantile(Floats)
  /// Levels, and how many they are; a target and the mixed numbers per row.
  case mixedQuantiles(Floats, count: Int)
  case binaryCrossEntropy(positiveWeight: Float)
  case softmaxCrossEntropy
  case rankedProbability(share: Float)
}

/// Sums of a loss over rows.
package struct LossSums {
  package var loss = 0.0
  package var weight = 0.0

  package init() {}
}

/// Rows of a loss and of its gradient.
package struct LossTile {
  package let kind: LossKind
  package let prediction: FloatRows
  package let columns: Int
  /// Float targets, contiguous.
  package var target: Floats?
  /// Classes, one per row.
  package var classes: Integers?
  package var rowWeights: Floats?
  package var classWeights: Floats?
  package var gradient: FloatRows?
  package var rows = 0..<0

  package init(_ kind: LossKind, prediction: FloatRows, columns: Int) {
    self.kind = kind
    self.prediction = prediction
    self.columns = columns
  }
}

/// A run of the arena that shares its settings.
package struct OptimizerTile {
  /// Which optimizer: as `OptimizerRule.Algorithm` numbers them.
  package let algorithm: Int
  /// Its constants, in their order.
  package let constants: SIMD4<Float>
  /// 1 − cᵗ of each constant c.
  package let corrections: SIMD4<Float>
  package let weights: Floats
  package let gradients: Floats
  package var moment1: Floats?
  package var moment2: Floats?
  package let count: Int
  package let learningRate: Float
  package let weightDecay: Float
  /// What gradients are multiplied by: the clipping.
  package let gradientScale: Float

  package init(
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
