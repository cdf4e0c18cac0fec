import SluiceCompute

extension ParameterArena {
  /// Sets every gradient to zero. ``Tape/backward()`` adds to them, so that several passes can share a
  /// step.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`.
  public func clearGradients() throws(ComputeError) {
    try backend.enqueue(Fill(gradients, with: 0))
  }
}
