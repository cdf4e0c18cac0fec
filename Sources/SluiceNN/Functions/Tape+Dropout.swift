import SluiceCompute

extension Tape {
  /// Zeroes a share of the elements and scales the others by 1 / (1 − rate). In inference, and at
  /// rate 0, the variable itself.
  ///
  /// - Parameter rate: In `[0, 1)`.
  /// - Throws: ``ComputeError`` with `.invalidArgument` or `.outOfMemory`.
  /// - SeeAlso: Srivastava et al. 2014.
  public func dropout(_ input: Variable, rate: Float) throws -> Variable {
    try dropout(input, rate: rate, period: nil)
  }

  /// Dropout whose mask is the same at every step of `[T, N, C]`.
  ///
  /// - SeeAlso: Gal & Ghahramani 2016; ``dropout(_:rate:)``.
  public func variationalDropout(_ input: Variable, rate: Float) throws -> Variable {
    let stepCount = input.shape.rank == 3 ? input.shape[0] : 1
    return try dropout(input, rate: rate, period: input.value.count / max(1, stepCount))
  }

  private func dropout(_ input: Variable, rate: Float, period: Int?) throws -> Variable {
    guard let mask = dropoutMask(rate: rate, period: period) else { return input }
    let output = try result(input.shape, of: [input])
    try backend.enqueue(Dropout(mask, input.value, into: output.value))
    record(output) { gradient, tape in
      try tape.backend.enqueue(Dropout(mask, gradient, into: gradient))
      try tape.contribute(gradient, to: input)
    }
    return output
  }

  /// The mask of the next layer that drops; nil in inference, and at rate 0.
  func dropoutMask(rate: Float, period: Int? = nil) -> DropoutMask? {
    guard rate != 0, let stream = randomStream() else { return nil }
    return DropoutMask(rate: rate, stream: stream, period: period)
  }
}
