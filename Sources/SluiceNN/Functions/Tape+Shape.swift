import SluiceCompute

extension Tape {
  /// The same elements under other extents, without a copy, forward or backward.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch` where the counts differ.
  public func reshaped(_ input: Variable, _ shape: Shape) throws -> Variable {
    guard shape.count == input.value.count else {
      throw ComputeError(.shapeMismatch, "\(input.shape) cannot be taken as \(shape)")
    }
    let keepsRows = shape.columns == input.value.columns
    let value = keepsRows ? input.value : try contiguous(input.value)
    let output = Variable(value.reshaped(shape), needsGradient: input.needsGradient)
    record(output) { gradient, tape in
      let whole = keepsRows ? gradient : try tape.contiguous(gradient)
      try tape.contribute(whole.reshaped(input.shape), to: input)
    }
    return output
  }

  /// A block of columns of every row, without a copy.
  ///
  /// - Throws: ``ComputeError`` with `.indexOutOfRange`.
  public func columns(_ input: Variable, _ range: Range<Int>) throws -> Variable {
    guard range.lowerBound >= 0, range.upperBound <= input.value.columns else {
      throw ComputeError(.indexOutOfRange, "columns \(range) of \(input.shape)")
    }
    let output = Variable(input.value.columns(range), needsGradient: input.needsGradient)
    record(output) { gradient, tape in
      guard let target = try tape.gradientTarget(input) else { return }
      if !target.accumulate { try tape.backend.enqueue(Fill(target.tensor, with: 0)) }
      try tape.backend.enqueue(
        Copy(gradient, to: target.tensor.columns(range), accumulate: true))
    }
    return output
  }

  /// Repeats `[N, C]` at every step of `[T, N, C]`.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  public func repeatOverSteps(_ input: Variable, steps: Int) throws -> Variable {
    let output = try result(Shape([steps] + input.shape.dimensions), of: [input])
    try backend.enqueue(Copy(input.value, to: output.value))
    record(output) { gradient, tape in
      try tape.contributeRepeated(gradient, to: input)
    }
    return output
  }
}
