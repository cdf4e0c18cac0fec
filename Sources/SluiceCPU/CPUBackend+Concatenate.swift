import SluiceCompute

extension CPUBackend {
  /// A copy of every part, step by step.
  public func execute(_ operation: Concatenate) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    var begin = 0
    for part in operation.parts {
      let columns = part.input.columns
      let rows = part.input.rows / part.steps
      let steps = part.input.reshaped([part.steps, rows, columns])
      for step in 0..<part.steps {
        try execute(
          Copy(steps.step(step), to: operation.output.columns(begin..<(begin + columns))))
        begin += columns
      }
    }
  }

  public func execute(_ operation: ColumnsToSteps) throws(ComputeError) {
    let columns = operation.output.columns
    for step in 0..<operation.output.shape[0] {
      try execute(
        Copy(
          operation.input.columns((step * columns)..<((step + 1) * columns)),
          to: operation.output.step(step), accumulate: operation.accumulate))
    }
  }
}
