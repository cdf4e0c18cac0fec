import Foundation
import SluiceCompute

extension DoubleBackend {
  /// One step of one row, as backward needs it.
  private struct Moment {
    /// Which step of the sequence.
    let step: Int
    /// h of the step before, masked.
    let previous: [Double]
    let previousCell: [Double]
    /// Activated, order i, f, g, o.
    let gates: [Double]
    let cell: [Double]
  }

  /// The weights and states of one layer-direction on the host.
  private struct Layer {
    let d: RecurrentDescriptor
    let input: [Double]
    let inputWeight: [Double]
    let hiddenWeight: [Double]
    let bias: [Double]
    let lengths: [Int]
    let mask: [Double]
    let hidden: [Double]
    let cell: [Double]
  }

  private func layer(
    _ d: RecurrentDescriptor, input: Tensor, tokens: RecurrentTokens?, weights: RecurrentWeights,
    lengths: Tensor?, initial: RecurrentState?, dropout: RecurrentDropout?
  ) throws(ComputeError) -> Layer {
    var inputs = try values(input)
    if let tokens {
      inputs = try values(tokens.indices).flatMap { index in
        Int(index) == tokens.ignoring.map(Int.init)
          ? [Double](repeating: 0, count: d.inputSize)
          : Array(inputs[(Int(index) * d.inputSize)...].prefix(d.inputSize))
      }
    }
    let zero = [Double](repeating: 0, count: d.batch * d.hiddenSize)
    let biases = (try values(weights.inputBias), try values(weights.hiddenBias))
    return Layer(
      d: d, input: inputs, inputWeight: try values(weights.input),
      hiddenWeight: try values(weights.hidden), bias: zip(biases.0, biases.1).map { $0 + $1 },
      lengths: try self.lengths(lengths, steps: d.steps, batch: d.batch),
      mask: dropout.map { mask($0.rate, $0.stream, count: zero.count) } ?? zero.map { _ in 1 },
      hidden: try initial.map { s throws(ComputeError) in try values(s.hidden) } ?? zero,
      cell: try initial.map { s throws(ComputeError) in try values(s.cell) } ?? zero)
  }

  /// One row's steps in the order of reading.
  private func trace(_ layer: Layer, row: Int) -> [Moment] {
    let (d, size) = (layer.d, layer.d.hiddenSize)
    var h = Array(layer.hidden[(row * size)..<((row + 1) * size)])
    var c = Array(layer.cell[(row * size)..<((row + 1) * size)])
    var moments: [Moment] = []
    for k in 0..<layer.lengths[row] {
      let step = d.direction == .forward ? k : layer.lengths[row] - 1 - k
      let x = layer.input[((step * d.batch + row) * d.inputSize)...].prefix(d.inputSize)
      let previous = (0..<size).map { h[$0] * layer.mask[row * size + $0] }
      let gates = (0..<(4 * size)).map { gate in
        activate(
          gate / size == 2 ? .tanh : .sigmoid,
          layer.bias[gate]
            + dot(layer.inputWeight[(gate * d.inputSize)...].prefix(d.inputSize), x)
            + dot(layer.hiddenWeight[(gate * size)...].prefix(size), previous[...]))
      }
      let before = c
      c = (0..<size).map { gates[size + $0] * before[$0] + gates[$0] * gates[2 * size + $0] }
      h = (0..<size).map { gates[3 * size + $0] * tanh(c[$0]) }
      moments.append(
        Moment(step: step, previous: previous, previousCell: before, gates: gates, cell: c))
    }
    return moments
  }

  func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let (d, size) = (operation.descriptor, operation.descriptor.hiddenSize)
    let layer = try layer(
      d, input: operation.input, tokens: operation.tokens, weights: operation.weights,
      lengths: operation.lengths, initial: operation.initial, dropout: operation.dropout)
    var output = [Double](repeating: 0, count: d.steps * d.batch * size)
    var (h, c) = (layer.hidden, layer.cell)
    for row in 0..<d.batch {
      for moment in trace(layer, row: row) {
        for unit in 0..<size {
          c[row * size + unit] = moment.cell[unit]
          h[row * size + unit] = moment.gates[3 * size + unit] * tanh(moment.cell[unit])
          output[(moment.step * d.batch + row) * size + unit] = h[row * size + unit]
        }
      }
    }
    try set(operation.output, output)
    if let final = operation.final {
      try set(final.hidden, h)
      try set(final.cell, c)
    }
  }

  func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let (d, size) = (operation.descriptor, operation.descriptor.hiddenSize)
    let layer = try layer(
      d, input: operation.input, tokens: operation.tokens, weights: operation.weights,
      lengths: operation.lengths, initial: operation.initial, dropout: operation.dropout)
    let zero = [Double](repeating: 0, count: d.batch * size)
    let outputGradient = try operation.outputGradient.map { t throws(ComputeError) in
      try values(t)
    }
    var dh =
      try operation.finalGradient.map { s throws(ComputeError) in try values(s.hidden) }
      ?? zero
    var dc =
      try operation.finalGradient.map { s throws(ComputeError) in try values(s.cell) }
      ?? zero
    var dInput = [Double](repeating: 0, count: layer.input.count)
    var dInputWeight = layer.inputWeight.map { _ in 0.0 }
    var dHiddenWeight = layer.hiddenWeight.map { _ in 0.0 }
    var dBias = layer.bias.map { _ in 0.0 }
    for row in 0..<d.batch {
      for moment in trace(layer, row: row).reversed() {
        let x = (moment.step * d.batch + row) * d.inputSize
        var dPrevious = [Double](repeating: 0, count: size)
        for unit in 0..<size {
          let place = row * size + unit
          if let outputGradient {
            dh[place] += outputGradient[(moment.step * d.batch + row) * size + unit]
          }
          let (i, f) = (moment.gates[unit], moment.gates[size + unit])
          let (g, o) = (moment.gates[2 * size + unit], moment.gates[3 * size + unit])
          let t = tanh(moment.cell[unit])
          dc[place] += dh[place] * o * (1 - t * t)
          let slopes = [
            dc[place] * g * i * (1 - i), dc[place] * moment.previousCell[unit] * f * (1 - f),
            dc[place] * i * (1 - g * g), dh[place] * t * o * (1 - o),
          ]
          dc[place] *= f
          for (block, slope) in slopes.enumerated() {
            let gate = block * size + unit
            dBias[gate] += slope
            for k in 0..<d.inputSize {
              dInputWeight[gate * d.inputSize + k] += slope * layer.input[x + k]
              dInput[x + k] += slope * layer.inputWeight[gate * d.inputSize + k]
            }
            for k in 0..<size {
              dHiddenWeight[gate * size + k] += slope * moment.previous[k]
              dPrevious[k] += slope * layer.hiddenWeight[gate * size + k]
            }
          }
        }
        for k in 0..<size { dh[row * size + k] = dPrevious[k] * layer.mask[row * size + k] }
      }
    }
    if let target = operation.inputGradient, let tokens = operation.tokens {
      var table = try values(target)
      for (row, index) in try values(tokens.indices).enumerated()
      where Int(index) != tokens.ignoring.map(Int.init) {
        for k in 0..<d.inputSize {
          table[Int(index) * d.inputSize + k] += dInput[row * d.inputSize + k]
        }
      }
      try set(target, table)
    } else if let target = operation.inputGradient {
      try set(target, dInput, accumulate: operation.accumulateInputGradient)
    }
    if let target = operation.initialGradient {
      try set(target.hidden, dh)
      try set(target.cell, dc)
    }
    try add(operation.weightGradients.input, dInputWeight)
    try add(operation.weightGradients.hidden, dHiddenWeight)
    try add(operation.weightGradients.inputBias, dBias)
    try add(operation.weightGradients.hiddenBias, dBias)
  }
}
