import SluiceCompute
import SluicePlatform
import TestSupport
import Testing

@testable import SluiceCPU

/// A recurrent layer with everything that it can have.
struct RecurrentSetting: Sendable, CustomStringConvertible {
  var cell = RecurrentCell.lstm
  var steps: Int
  var batch: Int
  var input: Int
  var hidden: Int
  var reverse = false
  var lengths = false
  var initial = false
  var dropout = false

  var description: String {
    "\(cell.title) T \(steps) N \(batch) C \(input) H \(hidden)\(reverse ? " reverse" : "")"
      + "\(lengths ? " lengths" : "")\(initial ? " initial" : "")\(dropout ? " dropout" : "")"
  }

  var descriptor: RecurrentDescriptor {
    RecurrentDescriptor(
      cell: cell, steps: steps, batch: batch, inputSize: input, hiddenSize: hidden,
      direction: reverse ? .reverse : .forward, hasLengths: lengths, hasRecurrentDropout: dropout)
  }

  var lengthValues: [Int32] {
    (0..<batch).map { Int32(lengths ? ($0 * 3 + steps / 2) % (steps + 1) : steps) }
  }

  var dropoutValue: RecurrentDropout? {
    dropout ? RecurrentDropout(rate: 0.3, stream: RandomStream(seed: 5, stream: 9, step: 2)) : nil
  }
}

/// What a forward and a backward pass leave.
struct RecurrentResult {
  var output: [Float]
  var finalHidden: [Float]
  var finalCell: [Float]
  var gradients: [[Float]]
}

func run(_ setting: RecurrentSetting, on backend: CPUBackend) throws -> RecurrentResult {
  let d = setting.descriptor
  let (t, n, c, h) = (d.steps, d.batch, d.inputSize, d.hiddenSize)
  func values(_ shape: Shape, _ stream: UInt32, _ scale: Float = 0.4) throws -> Tensor {
    try backend.makeTensor(shape, randomValues(shape.count, stream: stream, scale: scale))
  }
  func state(_ stream: UInt32) throws -> RecurrentState {
    RecurrentState(
      hidden: try values([n, h], stream),
      cell: d.cell.hasCellState ? try values([n, h], stream + 1) : nil)
  }
  func zeros(_ shape: Shape) throws -> Tensor {
    try backend.makeTensor(shape, [Float](repeating: 0, count: shape.count))
  }
  let width = d.cell.gateCount * h
  let weights = RecurrentWeights(
    input: try values([width, c], 1), hidden: try values([width, h], 2),
    inputBias: try values([width], 3), hiddenBias: try values([width], 4))
  let gradients = RecurrentWeights(
    input: try zeros([width, c]), hidden: try zeros([width, h]), inputBias: try zeros([width]),
    hiddenBias: try zeros([width]))
  let lengths = setting.lengths ? try backend.makeTensor([n], setting.lengthValues) : nil
  let initial = setting.initial ? try state(20) : nil
  let final = try state(30)
  let initialGradient = try state(40)
  let input = try values([t, n, c], 5, 1)
  let output = try backend.makeTensor([t, n, h])
  let gates = try backend.makeTensor([t, n, d.cell.blockCount * h])
  let cells = d.cell.hasCellState ? try backend.makeTensor([t, n, h]) : nil
  try backend.enqueue(
    RecurrentForward(
      d, input: input, weights: weights, lengths: lengths, initial: initial,
      dropout: setting.dropoutValue, output: output, final: final, gates: gates, cells: cells))
  let inputGradient = try backend.makeTensor([t, n, c])
  try backend.enqueue(
    RecurrentBackward(
      d, input: input, weights: weights, lengths: lengths, initial: initial,
      dropout: setting.dropoutValue, output: output, gates: gates, cells: cells,
      outputGradient: try values([t, n, h], 6), finalGradient: try state(50),
      inputGradient: inputGradient, initialGradient: initialGradient, weightGradients: gradients))
  return RecurrentResult(
    output: try backend.read(output), finalHidden: try backend.read(final.hidden),
    finalCell: try final.cell.map { try backend.read($0) } ?? [],
    gradients: try [
      inputGradient, gradients.input, gradients.hidden, gradients.inputBias, gradients.hiddenBias,
      initialGradient.hidden, initialGradient.cell,
    ].compactMap { try $0.map { try backend.read($0) } })
}

let recurrentSettings = [
  RecurrentSetting(steps: 1, batch: 1, input: 1, hidden: 1),
  RecurrentSetting(steps: 3, batch: 7, input: 5, hidden: 3, initial: true),
  RecurrentSetting(steps: 6, batch: 9, input: 4, hidden: 16, reverse: true, initial: true),
  RecurrentSetting(steps: 7, batch: 33, input: 12, hidden: 50, lengths: true, initial: true),
  RecurrentSetting(
    steps: 7, batch: 12, input: 3, hidden: 20, reverse: true, lengths: true, initial: true,
    dropout: true),
  RecurrentSetting(steps: 5, batch: 8, input: 3, hidden: 33, lengths: true, dropout: true),
  // More steps than gate gradients are kept for.
  RecurrentSetting(
    steps: 61, batch: 19, input: 7, hidden: 18, reverse: true, lengths: true, initial: true,
    dropout: true),
  // Weights that pass through the cache.
  RecurrentSetting(steps: 3, batch: 10, input: 9, hidden: 230, lengths: true, initial: true),
]

let settingsOfEveryCell = RecurrentCell.allCases.flatMap { cell in
  recurrentSettings.map { setting in
    var setting = setting
    setting.cell = cell
    return setting
  }
}

@Suite struct RecurrentTests {
  /// Forward against a plain LSTM in double precision; ParityTests check the gradients.
  @Test(arguments: recurrentSettings, InstructionSet.available)
  func forwardEqualsDouble(_ setting: RecurrentSetting, _ set: InstructionSet) throws {
    let result = try run(setting, on: CPUBackend(threads: 2, instructionSet: set))
    let expected = reference(setting)
    #expect(relativeError(result.output, expected.output) < 1e-6)
    #expect(relativeError(result.finalHidden, expected.hidden) < 1e-6)
    #expect(relativeError(result.finalCell, expected.cell) < 1e-6)
  }

  @Test(arguments: settingsOfEveryCell)
  func threadsGiveTheSameBits(_ setting: RecurrentSetting) throws {
    let one = try run(setting, on: CPUBackend(threads: 1))
    for threads in [2, 3] {
      let other = try run(setting, on: CPUBackend(threads: threads))
      #expect(other.output == one.output)
      #expect(other.finalCell == one.finalCell)
      #expect(other.gradients == one.gradients)
    }
  }

  @Test(arguments: settingsOfEveryCell)
  func weightsNearAndFarAgree(_ setting: RecurrentSetting) throws {
    let near = try CPUBackend(threads: 2)
    near.nearWeightBytes = .max
    let far = try CPUBackend(threads: 2)
    far.nearWeightBytes = 0
    let (a, b) = (try run(setting, on: near), try run(setting, on: far))
    #expect(a.output == b.output)
    for (a, b) in zip(a.gradients, b.gradients) {
      #expect(relativeError(a, b.map(Double.init)) < 1e-6)
    }
  }

  @Test(arguments: settingsOfEveryCell)
  func instructionSetsAgree(_ setting: RecurrentSetting) throws {
    let best = try run(setting, on: CPUBackend(threads: 2))
    for set in InstructionSet.available.dropLast() {
      let other = try run(setting, on: CPUBackend(threads: 2, instructionSet: set))
      for (a, b) in zip(other.gradients, best.gradients) {
        #expect(relativeError(a, b.map(Double.init)) < 1e-5)
      }
    }
  }
}

/// A plain LSTM in double precision.
func reference(_ setting: RecurrentSetting) -> (output: [Double], hidden: [Double], cell: [Double])
{
  let (t, n, c, h) = (setting.steps, setting.batch, setting.input, setting.hidden)
  func values(_ count: Int, _ stream: UInt32, _ scale: Float = 0.4) -> [Double] {
    randomValues(count, stream: stream, scale: scale).map(Double.init)
  }
  let wi = values(4 * h * c, 1)
  let wh = values(4 * h * h, 2)
  let bi = values(4 * h, 3)
  let bh = values(4 * h, 4)
  let x = values(t * n * c, 5, 1)
  var hidden = setting.initial ? values(n * h, 20) : [Double](repeating: 0, count: n * h)
  var cell = setting.initial ? values(n * h, 21) : [Double](repeating: 0, count: n * h)
  var output = [Double](repeating: 0, count: t * n * h)
  for row in 0..<n {
    for s in 0..<t {
      let step = setting.reverse ? t - 1 - s : s
      if step >= Int(setting.lengthValues[row]) { continue }
      var state = (0..<h).map { hidden[row * h + $0] }
      if let dropout = setting.dropoutValue {
        for j in 0..<h {
          let word = dropout.stream.word(UInt64(row * h + j))
          state[j] *=
            word >= Dropout.threshold(rate: dropout.rate) ? 1 / (1 - Double(dropout.rate)) : 0
        }
      }
      let gates = (0..<4 * h).map { k in
        var total = bi[k] + bh[k]
        for j in 0..<c { total += wi[k * c + j] * x[(step * n + row) * c + j] }
        for j in 0..<h { total += wh[k * h + j] * state[j] }
        return total
      }
      for j in 0..<h {
        let i = 1 / (1 + exp(-gates[j]))
        let f = 1 / (1 + exp(-gates[h + j]))
        let o = 1 / (1 + exp(-gates[3 * h + j]))
        cell[row * h + j] = f * cell[row * h + j] + i * tanh(gates[2 * h + j])
        hidden[row * h + j] = o * tanh(cell[row * h + j])
        output[(step * n + row) * h + j] = hidden[row * h + j]
      }
    }
  }
  return (output, hidden, cell)
}
