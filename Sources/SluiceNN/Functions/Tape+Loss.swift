import SluiceCompute

extension Tape {
  /// Measures a prediction and, in training, adds `gradientScale` times the loss' gradient to the
  /// prediction's: ``backward()`` begins here.
  ///
  /// Nothing waits for the device. Read `statistics` when the number is wanted.
  ///
  /// - Parameters:
  ///   - prediction: `[…, K]`.
  ///   - target: See `Loss.target`.
  ///   - rowWeights: One per innermost row of the prediction; 0 leaves a row out.
  ///   - classWeights: `[K]`, for losses of classes.
  ///   - statistics: `[2]`, written: Σ weight · element loss, and Σ weight.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.outOfMemory`.
  public func loss(
    _ function: LossFunction, _ prediction: Variable, target: Tensor, rowWeights: Tensor? = nil,
    classWeights: Tensor? = nil, statistics: Tensor, gradientScale: Float = 1
  ) throws {
    let gradient = prediction.needsGradient ? try backend.makeTensor(prediction.shape) : nil
    try backend.enqueue(
      Loss(
        function, prediction: prediction.value, target: target, rowWeights: rowWeights,
        classWeights: classWeights, statistics: statistics, gradient: gradient,
        gradientScale: gradientScale))
    if let gradient { try contribute(gradient, to: prediction) }
  }
}
