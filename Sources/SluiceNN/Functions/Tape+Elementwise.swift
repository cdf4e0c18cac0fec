import SluiceCompute

extension Tape {
  /// `activation(input)`, element by element.
  public func activation(_ input: Variable, _ activation: Activation) throws -> Variable {
    if activation == .identity { return input }
    let output = try result(input.shape, of: [input])
    try backend.enqueue(ActivationForward(activation, input.value, into: output.value))
    record(output) { gradient, tape in
      try tape.backend.enqueue(
        ActivationBackward(
          activation, output: output.value, outputGradient: gradient, inputGradient: gradient))
      try tape.contribute(gradient, to: input)
    }
    return output
  }

  /// `left + right`. Where `right` lacks outer dimensions of `left`, it is repeated along them.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.outOfMemory`.
  public func add(_ left: Variable, _ right: Variable) throws -> Variable {
    guard left.shape.dimensions.suffix(right.shape.rank) == right.shape.dimensions[...] else {
      throw ComputeError(.shapeMismatch, "cannot add \(right.shape) to \(left.shape)")
    }
    let output = try result(left.shape, of: [left, right])
    try backend.enqueue(Copy(left.value, to: output.value))
    try backend.enqueue(Copy(right.value, to: output.value, accumulate: true))
    record(output) { gradient, tape in
      // The right side gets a copy, then the left one may keep the tensor.
      if right.value.rows == gradient.rows {
        if let target = try tape.gradientTarget(right) {
          try tape.backend.enqueue(
            Copy(gradient, to: target.tensor, accumulate: target.accumulate))
        }
      } else {
        try tape.contributeRepeated(gradient, to: right)
      }
      try tape.contribute(gradient, to: left)
    }
    return output
  }
}
