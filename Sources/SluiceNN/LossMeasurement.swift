import SluiceCompute

/// What a loss came to, on the device until somebody asks.
public struct LossMeasurement {
  /// `[2]`: Σ weight · element loss, and Σ weight.
  public let statistics: Tensor
  private let backend: any Backend

  init(_ statistics: Tensor, on backend: any Backend) {
    self.statistics = statistics
    self.backend = backend
  }

  /// The mean over true elements; 0 where none has a weight.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`.
  /// - Note: Waits for the device: ask once in a while, not after every step.
  public func mean() throws -> Float {
    let sums: [Float] = try backend.read(statistics)
    return sums[1] == 0 ? 0 : sums[0] / sums[1]
  }
}

extension Tape {
  /// Measures a prediction as ``loss(_:_:target:rowWeights:classWeights:statistics:gradientScale:)``
  /// does, into statistics of its own.
  ///
  /// - Parameters:
  ///   - prediction: `[…, K]`.
  ///   - target: See `Loss.target`.
  ///   - rowWeights: One per innermost row of the prediction; 0 leaves a row out.
  ///   - classWeights: `[K]`, for losses of classes.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.outOfMemory`.
  public func loss(
    _ function: LossFunction, _ prediction: Variable, target: Tensor, rowWeights: Tensor? = nil,
    classWeights: Tensor? = nil, gradientScale: Float = 1
  ) throws -> LossMeasurement {
    let statistics = try backend.makeTensor([2])
    try loss(
      function, prediction, target: target, rowWeights: rowWeights, classWeights: classWeights,
      statistics: statistics, gradientScale: gradientScale)
    return LossMeasurement(statistics, on: backend)
  }
}
