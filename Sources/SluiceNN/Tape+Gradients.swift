import SluiceCompute

extension Tape {
  /// Adds a tensor that nothing else needs any longer to the gradient of `variable`. The first
  /// contribution is taken over as it is, without a copy, so its rows may be strided.
  ///
  /// - Precondition: `gradient` has the shape of `variable`, and does not overlap what `variable`
  ///   already holds.
  public func contribute(_ gradient: Tensor, to variable: Variable) throws {
    guard variable.needsGradient else { return }
    if let sum = variable.gradient {
      try backend.enqueue(Copy(gradient, to: sum, accumulate: true))
    } else {
      variable.gradient = gradient
    }
  }

  /// The tensor itself if its rows touch, a copy of it otherwise.
  public func contiguous(_ tensor: Tensor) throws -> Tensor {
    if tensor.isContiguous { return tensor }
    let copy = try backend.makeTensor(tensor.shape)
    try backend.enqueue(Copy(tensor, to: copy))
    return copy
  }
}
