import SluiceCompute

extension Tape {
  /// Makes one vector of each sequence: `[T, N, C]` to `[N, C]`.
  ///
  /// - Parameter lengths: `[N]` int32 in `0 ... T`; steps past a row's length do not count.
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.outOfMemory`.
  public func pool(_ input: Variable, _ pooling: Pooling, lengths: Tensor? = nil) throws
    -> Variable
  {
    guard input.shape.rank == 3 else {
      throw ComputeError(.shapeMismatch, "pooling takes [T, N, C], was given \(input.shape)")
    }
    let output = try result(Shape(Array(input.shape.dimensions.dropFirst())), of: [input])
    let winners =
      pooling == .max && output.needsGradient ? try backend.makeTensor(output.shape, .int32) : nil
    try backend.enqueue(
      PoolForward(
        pooling, input.value, lengths: lengths, into: output.value, winners: winners))
    record(output) { gradient, tape in
      guard let target = try tape.gradientTarget(input) else { return }
      try tape.backend.enqueue(
        PoolBackward(
          pooling, outputGradient: gradient, lengths: lengths, winners: winners,
          inputGradient: target.tensor, accumulate: target.accumulate))
    }
    return output
  }
}
