import SluiceCompute

extension Tape {
  /// Puts features side by side: `[…, C₁]`, `[…, C₂]` and so on become `[…, C₁ + C₂ + …]`.
  ///
  /// An operand that lacks outer dimensions is repeated along them: `[N, S]` stands beside every
  /// step of `[T, N, C]`.
  ///
  /// - Parameters:
  ///   - steps: `[T, N, C]`, whose steps come last, side by side: T · C columns beside `[N, …]`.
  ///   - rate: Of ``dropout(_:rate:)``, which the result goes through in the same pass.
  ///   - part: The one that alone goes through dropout; nil: the whole result does.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.outOfMemory`.
  /// - Complexity: one copy of every operand; backward copies nothing where an operand is not
  ///   repeated and used nowhere else.
  /// - Precondition: `part` is the place of a variable.
  public func concatenate(
    _ variables: [Variable], stepsOf steps: Variable? = nil, dropping rate: Float = 0,
    of part: Int? = nil
  ) throws -> Variable {
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
    if let steps, steps.shape.rank != 3 || leading != [steps.shape[1]] {
      throw ComputeError(
        .shapeMismatch, "cannot put the steps of \(steps.shape) beside \(widest.shape)")
    }
    if variables.count == 1, steps == nil { return try dropout(widest, rate: rate) }
    if let part, variables[part].value.rows != widest.value.rows {
      // What is dropped is the same wherever it is repeated.
      var dropped = variables
      dropped[part] = try dropout(variables[part], rate: rate)
      return try concatenate(dropped, stepsOf: steps)
    }

    var parts = variables.map { Concatenate.Part($0.value) }
    if let steps { parts.append(Concatenate.Part(steps.value, steps: steps.shape[0])) }
    let columns = parts.reduce(0) { $0 + $1.columns }
    let output = try result(Shape(leading + [columns]), of: variables + (steps.map { [$0] } ?? []))
    let begin = part.map { variables[..<$0].reduce(0) { $0 + $1.value.columns } } ?? 0
    let dropped = dropoutMask(rate: rate).map {
      Concatenate.Dropped(
        $0, columns: begin..<(part.map { begin + variables[$0].value.columns } ?? columns))
    }
    try backend.enqueue(Concatenate(parts, into: output.value, dropout: dropped))
    record(output) { gradient, tape in
      if let dropped {
        let block = gradient.columns(dropped.columns)
        try tape.backend.enqueue(Dropout(dropped.mask, block, into: block))
      }
      var end = 0
      for variable in variables {
        let range = end..<(end + variable.value.columns)
        try tape.contributeRepeated(gradient.columns(range), to: variable)
        end = range.upperBound
      }
      guard let steps, let target = try tape.gradientTarget(steps) else { return }
      try tape.backend.enqueue(
        ColumnsToSteps(
          gradient.columns(end..<gradient.columns), to: target.tensor,
          accumulate: target.accumulate))
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
