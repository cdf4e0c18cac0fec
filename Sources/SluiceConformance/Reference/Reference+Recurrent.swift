import SluiceCompute

/// One layer-direction with all its inputs, in double precision.
struct RecurrentProblem {
  var steps: Int
  var batch: Int
  var inputSize: Int
  var hiddenSize: Int
  var isReverse = false
  /// `[N]`
  var lengths: [Int]
  /// `[T, N, C]`
  var input: [Double]
  /// `[4H, C]`
  var inputWeight: [Double]
  /// `[4H, H]`
  var hiddenWeight: [Double]
  /// `[4H]`
  var inputBias: [Double]
  /// `[4H]`
  var hiddenBias: [Double]
  /// `[N, H]`
  var initialHidden: [Double]
  /// `[N, H]`
  var initialCell: [Double]
  /// `[N, H]`: what the hidden state is multiplied with on its way into the gates.
  var mask: [Double]

  /// The steps of one row in the order of reading.
  func order(ofRow row: Int) -> [Int] {
    let steps = Array(0..<lengths[row])
    return isReverse ? steps.reversed() : steps
  }
}

/// What forward gives; what stands past a row's length is zero.
struct RecurrentResult {
  /// `[T, N, H]`
  var output: [Double]
  /// `[T, N, 4H]`
  var gates: [Double]
  /// `[T, N, H]`
  var cells: [Double]
  /// `[N, H]`
  var finalHidden: [Double]
  /// `[N, H]`
  var finalCell: [Double]
}

/// What backward gives; what stands past a row's length is zero.
struct RecurrentGradients {
  /// `[T, N, 4H]`, before activation.
  var gates: [Double]
  /// `[T, N, C]`
  var input: [Double]
  /// `[4H, C]`
  var inputWeight: [Double]
  /// `[4H, H]`
  var hiddenWeight: [Double]
  /// `[4H]`, of either bias.
  var bias: [Double]
  /// `[N, H]`
  var initialHidden: [Double]
  /// `[N, H]`
  var initialCell: [Double]
}

extension Reference {
  /// LSTM, one row after the other, one step after the other.
  static func recurrentForward(_ p: RecurrentProblem) -> RecurrentResult {
    let (T, N, C, H) = (p.steps, p.batch, p.inputSize, p.hiddenSize)
    var result = RecurrentResult(
      output: Array(repeating: 0, count: T * N * H),
      gates: Array(repeating: 0, count: T * N * 4 * H),
      cells: Array(repeating: 0, count: T * N * H),
      finalHidden: p.initialHidden, finalCell: p.initialCell)

    for n in 0..<N {
      for t in p.order(ofRow: n) {
        let row = t * N + n
        for g in 0..<4 * H {
          var sum = p.inputBias[g] + p.hiddenBias[g]
          for c in 0..<C { sum += p.inputWeight[g * C + c] * p.input[row * C + c] }
          for k in 0..<H {
            sum += p.hiddenWeight[g * H + k] * p.mask[n * H + k] * result.finalHidden[n * H + k]
          }
          let isCandidate = g / H == 2
          result.gates[row * 4 * H + g] = isCandidate ? hyperbolicTangent(sum) : sigmoid(sum)
        }
        for j in 0..<H {
          let i = result.gates[row * 4 * H + j]
          let f = result.gates[row * 4 * H + H + j]
          let g = result.gates[row * 4 * H + 2 * H + j]
          let o = result.gates[row * 4 * H + 3 * H + j]
          let cell = f * result.finalCell[n * H + j] + i * g
          let hidden = o * hyperbolicTangent(cell)
          result.cells[row * H + j] = cell
          result.output[row * H + j] = hidden
          result.finalCell[n * H + j] = cell
          result.finalHidden[n * H + j] = hidden
        }
      }
    }
    return result
  }

  /// The gradients of Σ output·outputGradient + final·finalGradient, by the chain rule.
  static func recurrentBackward(
    _ p: RecurrentProblem, _ forward: RecurrentResult, outputGradient: [Double],
    finalHiddenGradient: [Double], finalCellGradient: [Double]
  ) -> RecurrentGradients {
    let (T, N, C, H) = (p.steps, p.batch, p.inputSize, p.hiddenSize)
    var result = RecurrentGradients(
      gates: Array(repeating: 0, count: T * N * 4 * H),
      input: Array(repeating: 0, count: T * N * C),
      inputWeight: Array(repeating: 0, count: 4 * H * C),
      hiddenWeight: Array(repeating: 0, count: 4 * H * H),
      bias: Array(repeating: 0, count: 4 * H),
      initialHidden: finalHiddenGradient, initialCell: finalCellGradient)

    for n in 0..<N {
      let order = p.order(ofRow: n)
      for position in order.indices.reversed() {
        let row = order[position] * N + n
        // The row of the step read before this one; nil at the first, which reads the initial state.
        let before = position == 0 ? nil : order[position - 1] * N + n

        for j in 0..<H {
          let i = forward.gates[row * 4 * H + j]
          let f = forward.gates[row * 4 * H + H + j]
          let g = forward.gates[row * 4 * H + 2 * H + j]
          let o = forward.gates[row * 4 * H + 3 * H + j]
          let squashed = hyperbolicTangent(forward.cells[row * H + j])
          let cellBefore = before.map { forward.cells[$0 * H + j] } ?? p.initialCell[n * H + j]
          let dh = outputGradient[row * H + j] + result.initialHidden[n * H + j]
          let dc = result.initialCell[n * H + j] + dh * o * (1 - squashed * squashed)
          result.gates[row * 4 * H + j] = dc * g * i * (1 - i)
          result.gates[row * 4 * H + H + j] = dc * cellBefore * f * (1 - f)
          result.gates[row * 4 * H + 2 * H + j] = dc * i * (1 - g * g)
          result.gates[row * 4 * H + 3 * H + j] = dh * squashed * o * (1 - o)
          result.initialCell[n * H + j] = dc * f
          result.initialHidden[n * H + j] = 0
        }

        for g in 0..<4 * H {
          let gradient = result.gates[row * 4 * H + g]
          result.bias[g] += gradient
          for c in 0..<C {
            result.inputWeight[g * C + c] += gradient * p.input[row * C + c]
            result.input[row * C + c] += gradient * p.inputWeight[g * C + c]
          }
          for k in 0..<H {
            let hidden = before.map { forward.output[$0 * H + k] } ?? p.initialHidden[n * H + k]
            let mask = p.mask[n * H + k]
            result.hiddenWeight[g * H + k] += gradient * mask * hidden
            result.initialHidden[n * H + k] += gradient * mask * p.hiddenWeight[g * H + k]
          }
        }
      }
    }
    return result
  }
}

extension DoubleBackend {
  package func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let result = Reference.recurrentForward(
      try problem(
        operation.descriptor, input: operation.input, tokens: operation.tokens,
        weights: operation.weights, lengths: operation.lengths, initial: operation.initial,
        dropout: operation.dropout))
    try set(operation.output, result.output)
    if let gates = operation.gates { try set(gates, result.gates) }
    if let cells = operation.cells { try set(cells, result.cells) }
    if let final = operation.final {
      try set(final.hidden, result.finalHidden)
      try set(final.cell, result.finalCell)
    }
  }

  package func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let problem = try problem(
      operation.descriptor, input: operation.input, tokens: operation.tokens,
      weights: operation.weights, lengths: operation.lengths, initial: operation.initial,
      dropout: operation.dropout)
    let zeros = Array(repeating: 0.0, count: problem.initialHidden.count)
    // The final state is no part of what backward reads.
    let forward = RecurrentResult(
      output: try values(operation.output), gates: try values(operation.gates),
      cells: try values(operation.cells), finalHidden: zeros, finalCell: zeros)
    let gradients = Reference.recurrentBackward(
      problem, forward,
      outputGradient: try values(operation.outputGradient)
        ?? Array(repeating: 0, count: forward.output.count),
      finalHiddenGradient: try values(operation.finalGradient?.hidden) ?? zeros,
      finalCellGradient: try values(operation.finalGradient?.cell) ?? zeros)
    try set(operation.gates, gradients.gates)
    if let target = operation.inputGradient, let tokens = operation.tokens {
      try scatter(gradients.input, tokens.indices, ignoring: tokens.ignoring, into: target)
    } else if let target = operation.inputGradient {
      try set(target, gradients.input, accumulate: operation.accumulateInputGradient)
    }
    if let initial = operation.initialGradient {
      try set(initial.hidden, gradients.initialHidden)
      try set(initial.cell, gradients.initialCell)
    }
    let weights = operation.weightGradients
    try set(weights.input, gradients.inputWeight, accumulate: true)
    try set(weights.hidden, gradients.hiddenWeight, accumulate: true)
    try set(weights.inputBias, gradients.bias, accumulate: true)
    try set(weights.hiddenBias, gradients.bias, accumulate: true)
  }

  private func problem(
    _ d: RecurrentDescriptor, input: Tensor, tokens: RecurrentTokens?, weights: RecurrentWeights,
    lengths: Tensor?, initial: RecurrentState?, dropout: RecurrentDropout?
  ) throws(ComputeError) -> RecurrentProblem {
    let count = d.batch * d.hiddenSize
    let zeros = Array(repeating: 0.0, count: count)
    let inputs =
      if let tokens {
        try gather(input, tokens.indices, ignoring: tokens.ignoring, "token")
      } else {
        try values(input)
      }
    return RecurrentProblem(
      steps: d.steps, batch: d.batch, inputSize: d.inputSize, hiddenSize: d.hiddenSize,
      isReverse: d.direction == .reverse,
      lengths: try self.lengths(lengths, steps: d.steps, batch: d.batch), input: inputs,
      inputWeight: try values(weights.input), hiddenWeight: try values(weights.hidden),
      inputBias: try values(weights.inputBias), hiddenBias: try values(weights.hiddenBias),
      initialHidden: try values(initial?.hidden) ?? zeros,
      initialCell: try values(initial?.cell) ?? zeros,
      mask: dropout.map {
        Reference.dropoutFactors(rate: $0.rate, stream: $0.stream, count: count)
      } ?? Array(repeating: 1, count: count))
  }
}
