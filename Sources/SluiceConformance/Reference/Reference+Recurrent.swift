import SluiceCompute

/// One layer-direction with all its inputs, in double precision.
struct RecurrentProblem {
  var cell: RecurrentCell
  var steps: Int
  var batch: Int
  var inputSize: Int
  var hiddenSize: Int
  var isReverse = false
  /// `[N]`
  var lengths: [Int]
  /// `[T, N, C]`
  var input: [Double]
  /// `[G·H, C]`
  var inputWeight: [Double]
  /// `[G·H, H]`
  var hiddenWeight: [Double]
  /// `[G·H]`
  var inputBias: [Double]
  /// `[G·H]`
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
  /// `[G·H, C]`
  var inputWeight: [Double]
  /// `[G·H, H]`
  var hiddenWeight: [Double]
  /// `[G·H]`
  var inputBias: [Double]
  /// `[G·H]`
  var hiddenBias: [Double]
  /// `[N, H]`
  var initialHidden: [Double]
  /// `[N, H]`
  var initialCell: [Double]
}

extension Reference {
  /// One row after the other, one step after the other.
  static func recurrentForward(_ p: RecurrentProblem) -> RecurrentResult {
    let (T, N, C, H) = (p.steps, p.batch, p.inputSize, p.hiddenSize)
    let cell = p.cell.reference
    let (G, S, P) = (p.cell.gateCount, p.cell.separateGateCount, p.cell.blockCount)
    var result = RecurrentResult(
      output: Array(repeating: 0, count: T * N * H),
      gates: Array(repeating: 0, count: T * N * P * H),
      cells: Array(repeating: 0, count: T * N * H),
      finalHidden: p.initialHidden, finalCell: p.initialCell)

    for n in 0..<N {
      for t in p.order(ofRow: n) {
        let row = t * N + n
        let before = Array(result.finalHidden[(n * H)..<((n + 1) * H)])
        for j in 0..<H {
          var sums = [Double](repeating: 0, count: P)
          for gate in 0..<G {
            let g = gate * H + j
            var ofInput = p.inputBias[g]
            for c in 0..<C { ofInput += p.inputWeight[g * C + c] * p.input[row * C + c] }
            var ofHidden = p.hiddenBias[g]
            for k in 0..<H {
              ofHidden += p.hiddenWeight[g * H + k] * p.mask[n * H + k] * before[k]
            }
            sums[gate] += ofInput
            sums[gate < G - S ? gate : gate + S] += ofHidden
          }
          let state = p.cell.hasCellState ? result.finalCell[n * H + j] : before[j]
          let step = cell.advance(sums, state)
          for (block, value) in step.kept.enumerated() {
            result.gates[row * P * H + block * H + j] = value
          }
          result.cells[row * H + j] = step.state
          result.output[row * H + j] = step.hidden
          result.finalCell[n * H + j] = step.state
          result.finalHidden[n * H + j] = step.hidden
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
    let cell = p.cell.reference
    let (G, S, P) = (p.cell.gateCount, p.cell.separateGateCount, p.cell.blockCount)
    var result = RecurrentGradients(
      gates: Array(repeating: 0, count: T * N * P * H),
      input: Array(repeating: 0, count: T * N * C),
      inputWeight: Array(repeating: 0, count: G * H * C),
      hiddenWeight: Array(repeating: 0, count: G * H * H),
      inputBias: Array(repeating: 0, count: G * H),
      hiddenBias: Array(repeating: 0, count: G * H),
      initialHidden: finalHiddenGradient, initialCell: finalCellGradient)

    for n in 0..<N {
      let order = p.order(ofRow: n)
      for position in order.indices.reversed() {
        let row = order[position] * N + n
        // The row of the step read before this one; nil at the first, which reads the initial state.
        let before = position == 0 ? nil : order[position - 1] * N + n
        func hiddenBefore(_ k: Int) -> Double {
          before.map { forward.output[$0 * H + k] } ?? p.initialHidden[n * H + k]
        }

        for j in 0..<H {
          let cellBefore =
            before.map { p.cell.hasCellState ? forward.cells[$0 * H + j] : 0 }
            ?? p.initialCell[n * H + j]
          let dh = outputGradient[row * H + j] + result.initialHidden[n * H + j]
          let step = cell.differentiate(
            (0..<P).map { forward.gates[row * P * H + $0 * H + j] },
            p.cell.hasCellState ? forward.cells[row * H + j] : 0,
            p.cell.hasCellState ? cellBefore : hiddenBefore(j), dh,
            result.initialCell[n * H + j])
          for (block, value) in step.sums.enumerated() {
            result.gates[row * P * H + block * H + j] = value
          }
          result.initialCell[n * H + j] = p.cell.hasCellState ? step.before : 0
          result.initialHidden[n * H + j] = p.cell.hasCellState ? 0 : step.before
        }

        for gate in 0..<G {
          for j in 0..<H {
            let g = gate * H + j
            let ofInput = result.gates[row * P * H + g]
            let ofHidden = result.gates[row * P * H + (gate < G - S ? g : g + S * H)]
            result.inputBias[g] += ofInput
            result.hiddenBias[g] += ofHidden
            for c in 0..<C {
              result.inputWeight[g * C + c] += ofInput * p.input[row * C + c]
              result.input[row * C + c] += ofInput * p.inputWeight[g * C + c]
            }
            for k in 0..<H {
              let mask = p.mask[n * H + k]
              result.hiddenWeight[g * H + k] += ofHidden * mask * hiddenBefore(k)
              result.initialHidden[n * H + k] += ofHidden * mask * p.hiddenWeight[g * H + k]
            }
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
      if let cell = final.cell { try set(cell, result.finalCell) }
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
      cells: try values(operation.cells) ?? [], finalHidden: zeros, finalCell: zeros)
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
      if let cell = initial.cell { try set(cell, gradients.initialCell) }
    }
    let weights = operation.weightGradients
    try set(weights.input, gradients.inputWeight, accumulate: true)
    try set(weights.hidden, gradients.hiddenWeight, accumulate: true)
    try set(weights.inputBias, gradients.inputBias, accumulate: true)
    try set(weights.hiddenBias, gradients.hiddenBias, accumulate: true)
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
      cell: d.cell, steps: d.steps, batch: d.batch, inputSize: d.inputSize,
      hiddenSize: d.hiddenSize,
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
