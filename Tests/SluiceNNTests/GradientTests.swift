import SluiceCompute
import SluiceConformance
import SluiceNN
import TestSupport
import Testing

/// Whole networks: the gradient of every weight against central differences of the same network
/// run in Double.
@Suite struct GradientTests {
  /// Compares all gradients, parameter by parameter: those of the tape alone, in Double, closely,
  /// and those of the back end within what float32 can give.
  func check(_ network: Network) throws {
    let exact = try differences(network)
    try check(network, on: DoubleBackend(), exact, within: 1e-6)
    try check(network, on: makeBackend(), exact, within: 5e-6)
  }

  private let mode = Tape.Mode.training(seed: 5, step: 3)

  private func check(
    _ network: Network, on backend: any Backend, _ exact: (loss: Double, slopes: [Double]),
    within tolerance: Double
  ) throws {
    let (loss, gradients) = try network.step(network.arena(on: backend), mode: mode)
    #expect(abs(Double(loss) - exact.loss) <= 1e-5 * max(1, abs(exact.loss)))
    for parameter in network.layout.parameters {
      let expected = Array(exact.slopes[parameter.range])
      let error = relativeError(gradients[parameter.range].map(Double.init), expected)
      #expect(error <= tolerance, "\(parameter.name), \(backend.device.name)")
    }
  }

  /// The loss, and central differences of it by every weight of the arena.
  private func differences(_ network: Network) throws -> (loss: Double, slopes: [Double]) {
    let double = DoubleBackend()
    let exact = try network.arena(on: double)
    let statistics = try double.makeTensor([2])
    let weights = try double.storage(exact.weights)
    func exactLoss() throws -> Double {
      try network.run(Tape(exact, mode: mode), statistics)
      let values = try double.values(statistics)
      return values[0] / values[1]
    }
    let epsilon = 1e-5
    var slopes = weights.values.map { _ in 0.0 }
    for index in network.layout.parameters.flatMap(\.range) {
      let weight = weights.values[index]
      weights.values[index] = weight + epsilon
      let above = try exactLoss()
      weights.values[index] = weight - epsilon
      let below = try exactLoss()
      weights.values[index] = weight
      slopes[index] = (above - below) / (2 * epsilon)
    }
    return (try exactLoss(), slopes)
  }

  @Test(arguments: Pooling.allCases)
  func embeddingIntoBothDirectionsIntoPooling(_ pooling: Pooling) throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 1)
        let tokens = draw.integers(5 * 3, below: 7)
        let embedding = Embedding("embedding", vocabulary: 7, size: 3, in: &layout)
        let lstm = Recurrent(
          "lstm", inputSize: 3, hiddenSize: 2, layers: 2, bidirectional: true, in: &layout)
        let head = Linear("head", inputSize: 4, outputSize: 3, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let lengths = try backend.makeTensor([3], [4, 5, 0] as [Int32])
          let x = try embedding(try backend.makeTensor([5, 3], tokens), on: tape)
          let sequence = try lstm(x, lengths: lengths, on: tape).sequence
          let y = try head(tape.pool(sequence, pooling, lengths: lengths), on: tape)
          try tape.loss(
            .softmaxCrossEntropy, y, target: backend.makeTensor([3], [2, 0, 1] as [Int32]),
            classWeights: backend.makeTensor([3], [1, 0.5, 2] as [Float]), statistics: statistics)
        }
      })
  }

  static let losses: [LossFunction] = [
    .meanSquaredError, .meanAbsoluteError, .huber(delta: 0.3), .quantile([0.1, 0.5, 0.9]),
    .binaryCrossEntropy(positiveWeight: 3),
  ]

  @Test(arguments: losses) func everyLossOverASequence(_ function: LossFunction) throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 2)
        let (steps, batch) = (4, 3)
        let values = draw.floats(steps * batch * 2)
        let columns = if case .quantile = function { 1 } else { 3 }
        var targets = draw.floats(steps * batch * columns, scale: 0.7)
        if case .binaryCrossEntropy = function { targets = targets.map { $0 > 0 ? 1 : 0 } }
        let weights = (0..<(steps * batch)).map { Float($0 % 5) / 2 }
        let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 3, in: &layout)
        let hidden = Linear(
          "hidden", inputSize: 3, outputSize: 4, activation: .tanh, in: &layout)
        let head = Linear("head", inputSize: 4, outputSize: 3, weightScale: 0.1, in: &layout)
        return { [targets] tape, statistics in
          let backend = tape.backend
          let x = tape.constant(try backend.makeTensor([steps, batch, 2], values))
          let y = try head(hidden(lstm(x, on: tape).sequence, on: tape), on: tape)
          try tape.loss(
            function, y, target: backend.makeTensor([steps, batch, columns], targets),
            rowWeights: backend.makeTensor([steps * batch], weights), statistics: statistics)
        }
      })
  }

  /// The state of an encoder starts two decoders, so its gradient is a sum; statics are repeated.
  @Test func encoderIntoTwoDecodersWithStatics() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 3)
        let (past, ahead, batch) = (4, 3, 2)
        let history = draw.floats(past * batch * 2)
        let future = draw.floats(ahead * batch * 2)
        let targets = draw.floats(ahead * batch)
        let places = draw.integers(batch, below: 3)
        let place = Embedding("place", vocabulary: 3, size: 2, in: &layout)
        let mix = Linear("mix", inputSize: 2, outputSize: 2, activation: .tanh, in: &layout)
        let encoder = Recurrent("encoder", inputSize: 4, hiddenSize: 3, layers: 2, in: &layout)
        let decoders = ["one", "two"].map {
          Recurrent($0, inputSize: 4, hiddenSize: 3, layers: 2, in: &layout)
        }
        let head = Linear("head", inputSize: 5, outputSize: 1, activation: .sigmoid, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let statics = try mix(place(backend.makeTensor([batch], places), on: tape), on: tape)
          let before = tape.constant(try backend.makeTensor([past, batch, 2], history))
          let after = tape.constant(try backend.makeTensor([ahead, batch, 2], future))
          let states = try encoder(tape.concatenate([before, statics]), on: tape).states
          let known = try tape.concatenate([statics, after])
          let sequences = try decoders.map {
            try $0(known, initial: states, on: tape).sequence
          }
          let sum = try tape.add(sequences[0], sequences[1])
          let y = try head(tape.concatenate([sum, statics]), on: tape)
          try tape.loss(
            .huber(delta: 0.5), y, target: backend.makeTensor([ahead, batch], targets),
            statistics: statistics)
        }
      })
  }

  @Test func everyKindOfDropout() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 4)
        let (steps, batch) = (4, 3)
        let values = draw.floats(steps * batch * 4)
        let targets = draw.floats(batch * 2)
        let input = Linear("input", inputSize: 4, outputSize: 3, activation: .relu, in: &layout)
        let lstm = Recurrent(
          "lstm", inputSize: 3, hiddenSize: 3, layers: 2, bidirectional: true, dropout: 0.3,
          recurrentDropout: 0.4, in: &layout)
        let head = Linear("head", inputSize: 6, outputSize: 2, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let lengths = try backend.makeTensor([3], [4, 2, 3] as [Int32])
          let x = try input(
            tape.constant(backend.makeTensor([steps, batch, 4], values)), on: tape)
          let masked = try tape.variationalDropout(tape.dropout(x, rate: 0.2), rate: 0.3)
          let output = try lstm(masked, lengths: lengths, on: tape)
          let last = try tape.concatenate([output.states[2].hidden, output.states[3].hidden])
          let y = try head(tape.dropout(last, rate: 0.25), on: tape)
          try tape.loss(
            .meanSquaredError, y, target: backend.makeTensor([batch, 2], targets),
            statistics: statistics)
        }
      })
  }

  /// Views, repetition, sums of a variable with itself, several uses, and a cell state that is used
  /// without its hidden state.
  @Test func viewsAndSeveralUses() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 5)
        let (steps, batch) = (3, 2)
        let values = draw.floats(batch * 4)
        let targets = draw.floats(batch * 6)
        let wide = Linear("wide", inputSize: 4, outputSize: 6, in: &layout)
        let lstm = Recurrent("lstm", inputSize: 3, hiddenSize: 2, bidirectional: true, in: &layout)
        let head = Linear("head", inputSize: 10, outputSize: 6, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let x = try wide(tape.constant(backend.makeTensor([batch, 4], values)), on: tape)
          let left = try tape.activation(tape.columns(x, 0..<3), .tanh)
          let right = try tape.columns(x, 3..<6)
          let product = try tape.add(left, tape.add(right, right))
          let repeated = try tape.repeatOverSteps(product, steps: steps)
          let shifted = try tape.add(repeated, left)
          let output = try lstm(shifted, on: tape)
          let folded = try tape.reshaped(output.sequence, [steps * batch, 4])
          let mean = try tape.pool(tape.reshaped(folded, [steps, batch, 4]), .mean)
          let state = try #require(output.states[1].cell)
          let all = try tape.concatenate([state, mean, mean])
          let y = try head(all, on: tape)
          try tape.loss(
            .meanSquaredError, y, target: backend.makeTensor([batch, 6], targets),
            statistics: statistics)
        }
      })
  }

  /// Two losses on one prediction add up, the second at half weight: here, 1½ times one of them.
  @Test func lossesAddUp() throws {
    func gradients(_ scales: [Float]) throws -> [Float] {
      try Network { layout in
        var draw = Draw(seed: 6)
        let values = draw.floats(4 * 3)
        let head = Linear("head", inputSize: 3, outputSize: 1, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let y = try head(tape.constant(backend.makeTensor([4, 3], values)), on: tape)
          for scale in scales {
            try tape.loss(
              .meanSquaredError, y, target: backend.makeTensor([4], [0, 1, 2, 3] as [Float]),
              statistics: statistics, gradientScale: scale)
          }
        }
      }.stepOnce()
    }
    #expect(relativeError(try gradients([1, 0.5]), try gradients([1.5])) < 1e-6)
  }
}

extension Network {
  fileprivate func stepOnce() throws -> [Float] {
    try step(arena(on: makeBackend()), mode: .training(seed: 1, step: 1)).gradients
  }
}
