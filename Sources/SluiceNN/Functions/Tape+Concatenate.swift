import SluiceCompute

extension Tape {
  /// Puts features side by side: `[…, C₁]`, `[…, C₂]` and so on become `[…, C₁ + C₂ + …]`.
  ///
  /// An operand that lacks outer dimensions is repeated along them: `[N, S]` stands beside every
  /// step of `[T, N, C]`.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.outOfMemory`.
  /// - Complexity: one copy of every operand; backward copies nothing where an operand is not
  ///   repeated and used nowhere else.
  public func concatenate(_ variables: [Variable]) throws -> Variable {
    guard let widest = variables.max(by: { $0.shape.rank < $1.shape.rank }) else {
      throw ComputeError(.invalidArgument, "nothing to concatenate")
    }
    let leading = Array(widest.shape.dimensions.dropLast())
    for variable in variables {
      let own = variable.shape.dimensions.dropLast()
      guard leading.suffix(own.count) == own else {
        throw ComputeError(.shapeMismatch, "cannot concatenate \(variables.map(\.shape))")
      }
    }
    if variables.count == 1 { return widest }

    let columns = variables.reduce(0) { $0 + $1.value.columns }
    let output = try result(Shape(leading + [columns]), of: variables)
    var places: [(variable: Variable, columns: Range<Int>)] = []
    var end = 0
    for variable in variables {
      let range = end..<(end + variable.value.columns)
      try backend.enqueue(Copy(variable.value, to: output.value.columns(range)))
      places.append((variable, range))
      end = range.upperBound
    }
    record(output) { [places] gradient, tape in
      for (variable, columns) in places {
        try tape.contributeRepeated(gradient.columns(columns), to: variable)
      }
    }
    return output
  }

  /// Hands the gradient of something that was repeated over outer dimensions to what was repeated:
  /// summed over those dimensions, or as it is where nothing was.
  func contributeRepeated(_ gradient: Tensor, to variable: Variable) throws {
    let rows = variable.value.rows
    if rows == gradient.rows {
      return try contribute(gradient.reshaped(variable.shape), to: variable)
    }
    guard let target = try gradientTarget(variable) else { return }
    let columns = gradient.columns
    try backend.enqueue(
      SumOverSteps(
        gradient.reshaped([gradient.rows / rows, rows, columns]),
        into: target.tensor.reshaped([rows, columns]), accumulate: target.accumulate))
  }
}
