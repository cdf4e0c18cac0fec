import SluiceCompute

extension Reference {
  /// Pools `[T, N, C]` over each row's steps; `winners` only for `.max`.
  static func pool(
    _ pooling: Pooling, _ input: [Double], steps: Int, batch N: Int, columns C: Int, lengths: [Int]
  ) -> (output: [Double], winners: [Int]) {
    var output = Array(repeating: 0.0, count: N * C)
    var winners = Array(repeating: -1, count: N * C)
    for n in 0..<N where lengths[n] > 0 {
      for c in 0..<C {
        let values = (0..<lengths[n]).map { input[($0 * N + n) * C + c] }
        switch pooling {
        case .max:
          var best = 0
          for t in values.indices where values[t] > values[best] { best = t }
          output[n * C + c] = values[best]
          winners[n * C + c] = best
        case .mean:
          output[n * C + c] = values.reduce(0, +) / Double(values.count)
        case .last:
          output[n * C + c] = values[values.count - 1]
        case .first:
          output[n * C + c] = values[0]
        }
      }
    }
    return (output, winners)
  }

  /// The gradient `[T, N, C]` of ``pool(_:_:steps:batch:columns:lengths:)``.
  static func poolGradient(
    _ pooling: Pooling, _ outputGradient: [Double], steps: Int, batch N: Int, columns C: Int,
    lengths: [Int], winners: [Int]
  ) -> [Double] {
    var gradient = Array(repeating: 0.0, count: steps * N * C)
    for n in 0..<N where lengths[n] > 0 {
      for c in 0..<C {
        let share = outputGradient[n * C + c]
        switch pooling {
        case .max:
          gradient[(winners[n * C + c] * N + n) * C + c] = share
        case .mean:
          for t in 0..<lengths[n] { gradient[(t * N + n) * C + c] = share / Double(lengths[n]) }
        case .last:
          gradient[((lengths[n] - 1) * N + n) * C + c] = share
        case .first:
          gradient[n * C + c] = share
        }
      }
    }
    return gradient
  }
}

extension DoubleBackend {
  package func execute(_ operation: PoolForward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    let (T, N) = (operation.input.shape[0], operation.input.shape[1])
    let lengths = try lengths(operation.lengths, steps: T, batch: N)
    for block in PooledBlock.blocks(
      operation.parts, sequence: operation.input, pooled: operation.output,
      winners: operation.winners)
    {
      let (output, winners) = Reference.pool(
        block.pooling, try values(block.sequence), steps: T, batch: N,
        columns: block.pooled.columns, lengths: lengths)
      try set(block.pooled, output)
      if let tensor = block.winners { try set(tensor, winners.map(Double.init)) }
    }
  }

  package func execute(_ operation: PoolBackward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    let shape = operation.inputGradient.shape
    let (T, N) = (shape[0], shape[1])
    let lengths = try lengths(operation.lengths, steps: T, batch: N)
    if !operation.accumulate {
      try set(operation.inputGradient, Array(repeating: 0, count: shape.count))
    }
    for block in PooledBlock.blocks(
      operation.parts, sequence: operation.inputGradient, pooled: operation.outputGradient,
      winners: operation.winners)
    {
      let gradient = Reference.poolGradient(
        block.pooling, try values(block.pooled), steps: T, batch: N,
        columns: block.pooled.columns, lengths: lengths,
        winners: try values(block.winners)?.map { Int($0) } ?? [])
      try set(block.sequence, gradient, accumulate: true)
    }
  }
}
