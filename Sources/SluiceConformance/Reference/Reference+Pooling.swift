import SluiceCompute

extension Reference {
  /// Pools `[T, N, C]` over each row's steps; `winners` only for `.max`.
  static func pool(
    _ pooling: Pooling, _ input: [Double], steps: Int, batch N: Int, columns C: Int, lengths: [Int]
  ) -> (output: [Double], winners: [Int32]) {
    var output = Array(repeating: 0.0, count: N * C)
    var winners = Array(repeating: Int32(-1), count: N * C)
    for n in 0..<N where lengths[n] > 0 {
      for c in 0..<C {
        let values = (0..<lengths[n]).map { input[($0 * N + n) * C + c] }
        switch pooling {
        case .max:
          var best = 0
          for t in values.indices where values[t] > values[best] { best = t }
          output[n * C + c] = values[best]
          winners[n * C + c] = Int32(best)
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
    lengths: [Int], winners: [Int32]
  ) -> [Double] {
    var gradient = Array(repeating: 0.0, count: steps * N * C)
    for n in 0..<N where lengths[n] > 0 {
      for c in 0..<C {
        let share = outputGradient[n * C + c]
        switch pooling {
        case .max:
          gradient[(Int(winners[n * C + c]) * N + n) * C + c] = share
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
