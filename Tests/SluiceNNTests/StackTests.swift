import SluiceCompute
import SluiceNN
import TestSupport
import Testing

/// Plain stacks of layers, as Keras' `Sequential` and PyTorch's make them.
@Suite struct StackTests {
  // The seeds: what each stack is made of, and what it is fed with.
  static let wordLSTM: [StackLayer] = [
    .embedding(size: 128), .lstm(64), .dense(units: 1, activation: .sigmoid),
  ]
  static let twoLayers: [StackLayer] = [
    .embedding(size: 32), .dropout(rate: 0.2), .lstm(128, sequences: true), .dropout(rate: 0.2),
    .lstm(128), .dense(units: 1, activation: .sigmoid),
  ]
  static let regression: [StackLayer] = [
    .lstm(50, sequences: true), .lstm(50), .dense(units: 1, activation: .linear),
  ]

  private func stack(
    _ layers: [StackLayer], _ input: StackConfiguration.Input, in layout: inout ParameterLayout
  ) throws -> LayerStack {
    try LayerStack(StackConfiguration(layers), input: input, in: &layout)
  }

  @Test func parametersAreCountedAndNamedAsInPyTorch() throws {
    var layout = ParameterLayout()
    let seed = try stack(Self.wordLSTM, .tokens(vocabulary: 5000), in: &layout)
    // Keras has one bias where PyTorch has two: 256 fewer.
    #expect(ModelSummary(seed.layers).rows.map(\.weightCount) == [640_000, 49_664, 65])
    #expect(
      layout.parameters.map(\.name) == [
        "stack.0.weight", "stack.1.weight_ih_l0", "stack.1.weight_hh_l0", "stack.1.bias_ih_l0",
        "stack.1.bias_hh_l0", "stack.2.weight", "stack.2.bias",
      ])
    #expect(seed.output == .sigmoid && seed.outputSize == 1)

    layout = ParameterLayout()
    let deep = try stack(Self.twoLayers, .tokens(vocabulary: 1000), in: &layout)
    // 4 · 128 · (32 + 128 + 2) and 4 · 128 · (128 + 128 + 2)
    #expect(ModelSummary(deep.layers).rows.map(\.weightCount) == [32_000, 82_944, 132_096, 129])
    #expect(deep.layers.map(\.name) == ["stack.0", "stack.2", "stack.4", "stack.5"])

    layout = ParameterLayout()
    let plain = try stack(Self.regression, .features(1), in: &layout)
    #expect(ModelSummary(plain.layers).rows.map(\.weightCount) == [10_600, 20_400, 51])
    #expect(plain.output == .linear)
    let plans = try plain.plans(on: makeBackend(), steps: 60, batch: 32)
    #expect(plans.map(\.name) == ["stack.0 l0", "stack.1 l0"])
    #expect(plans.map(\.descriptor.inputSize) == [1, 50])
  }

  /// Those of tokens tell texts with a certain word from those without it.
  @Test(arguments: [wordLSTM, twoLayers]) func seedsOfTextsLearn(_ layers: [StackLayer]) throws {
    var layout = ParameterLayout()
    let seed = try stack(layers, .tokens(vocabulary: 20), in: &layout)
    let (steps, batch) = (8, 32)
    var draw = Draw(seed: 21)
    let tokens = draw.integers(steps * batch, below: 20)
    let lengths = draw.integers(batch, below: steps).map { $0 + 1 }
    let labels = (0..<batch).map { n in
      (0..<Int(lengths[n])).contains { tokens[$0 * batch + n] < 3 } ? Float(1) : 0
    }
    #expect(labels.contains(0) && labels.contains(1))
    let losses = try train(layout, steps: 40) { tape, statistics in
      let backend = tape.backend
      let y = try seed(
        tokens: backend.makeTensor([steps, batch], tokens),
        lengths: backend.makeTensor([batch], lengths), on: tape)
      try tape.loss(
        .binaryCrossEntropy(positiveWeight: 1), y, target: backend.makeTensor([batch, 1], labels),
        statistics: statistics)
    }
    #expect(Self.falls(losses), "\(losses)")
  }

  /// That of numbers continues waves.
  @Test func seedOfNumbersLearns() throws {
    var layout = ParameterLayout()
    let seed = try stack(Self.regression, .features(1), in: &layout)
    let (steps, batch) = (15, 32)
    var values = [Float](repeating: 0, count: steps * batch)
    var targets = [Float](repeating: 0, count: batch)
    for n in 0..<batch {
      // x₍t₊₁₎ = 2·cos(ω)·x₍t₎ − x₍t₋₁₎ is a wave.
      let factor = 2 - 0.02 * Float(n % 8 + 1)
      var (before, now) = (Float(n % 5) / 5, Float(n % 7) / 7)
      for t in 0..<steps {
        values[t * batch + n] = now
        (before, now) = (now, factor * now - before)
      }
      targets[n] = now
    }
    let losses = try train(layout, steps: 60) { tape, statistics in
      let backend = tape.backend
      let x = tape.constant(try backend.makeTensor([steps, batch, 1], values))
      try tape.loss(
        .meanSquaredError, seed(x, on: tape), target: backend.makeTensor([batch, 1], targets),
        statistics: statistics)
    }
    #expect(Self.falls(losses), "\(losses)")
  }

  /// Whether the last five steps have less than a third of the first one's loss, in the mean:
  /// dropout makes a single step's jump.
  private static func falls(_ losses: [Double]) -> Bool {
    losses.suffix(5).reduce(0, +) / 5 < 0.33 * losses[0]
  }

  private func train(
    _ layout: ParameterLayout, steps: Int, _ loss: @escaping (Tape, Tensor) throws -> Void
  ) throws -> [Double] {
    let arena = try ParameterArena(layout, on: makeBackend(), seed: 3)
    return try TestProblem(arena, loss).train(steps: steps, learningRate: 0.01)
  }

  /// Without `sequences` a layer hands on its state after the row's last true step: what a row gives
  /// does not depend on how far it is padded, nor with what.
  @Test func paddingDoesNotCount() throws {
    var layout = ParameterLayout()
    let network = try stack(
      [
        .embedding(size: 3), .dense(units: 4, activation: .tanh),
        .recurrent(.init(units: 5, sequences: true, bidirectional: true)), .dropout(rate: 0.5),
        .recurrent(.init(units: 3, bidirectional: true)), .dense(units: 2, activation: .softmax),
      ], .tokens(vocabulary: 9), in: &layout)
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 4)
    var draw = Draw(seed: 22)
    let lengths: [Int32] = [6, 1, 4]
    let tokens = draw.integers(6 * 3, below: 9)
    func logits(_ tokens: [Int32], _ batch: Int, _ lengths: [Int32]?) throws -> [Float] {
      let tape = Tape(arena, mode: .inference)
      return try backend.read(
        network(
          tokens: backend.makeTensor([tokens.count / batch, batch], tokens),
          lengths: lengths.map { try backend.makeTensor([batch], $0) }, on: tape
        ).value)
    }
    let together = try logits(tokens, 3, lengths)
    for n in 0..<3 {
      let own = (0..<Int(lengths[n])).map { tokens[$0 * 3 + n] }
      let alone = try logits(own, 1, nil)
      #expect(relativeError(Array(together[2 * n..<2 * n + 2]), alone) < 1e-6)
    }
  }

  @Test func dropoutIsForTraining() throws {
    var layout = ParameterLayout()
    let network = try stack(
      [.dropout(rate: 0.5), .lstm(4), .dense(units: 1, activation: .linear)], .features(3),
      in: &layout)
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 4)
    func output(_ mode: Tape.Mode) throws -> [Float] {
      let tape = Tape(arena, mode: mode)
      let x = tape.constant(try backend.makeTensor([5, 2, 3], [Float](repeating: 1, count: 30)))
      return try backend.read(network(x, on: tape).value)
    }
    #expect(try output(.inference) == (try output(.inference)))
    #expect(try output(.training(seed: 1, step: 1)) != (try output(.training(seed: 1, step: 2))))
  }

  @Test func everyLayerHasItsGradient() throws {
    for pooling in [Pooling.max, .mean] {
      try GradientTests().check(
        Network { layout in
          var draw = Draw(seed: 23)
          let (steps, batch) = (4, 3)
          let tokens = draw.integers(steps * batch, below: 6)
          let network = try stack(
            [
              .embedding(size: 3), .dropout(rate: 0.3), .dense(units: 3, activation: .sigmoid),
              .recurrent(
                .init(units: 2, sequences: true, bidirectional: true, recurrentDropout: 0.3)),
              .pool(pooling), .dense(units: 4, activation: .tanh),
              .dense(units: 3, activation: .softmax),
            ], .tokens(vocabulary: 6, padding: 0), in: &layout)
          return { tape, statistics in
            let backend = tape.backend
            let y = try network(
              tokens: backend.makeTensor([steps, batch], tokens),
              lengths: backend.makeTensor([batch], [4, 0, 2] as [Int32]), on: tape)
            try tape.loss(
              .softmaxCrossEntropy, y, target: backend.makeTensor([batch], [2, 0, 1] as [Int32]),
              statistics: statistics)
          }
        })
    }
  }

  @Test func whatDoesNotFitIsSaid() throws {
    func message(_ layers: [StackLayer], _ input: StackConfiguration.Input = .features(2)) -> String
    {
      var layout = ParameterLayout()
      do {
        _ = try stack(layers, input, in: &layout)
        return "nothing thrown"
      } catch {
        return "\(error)"
      }
    }
    let head = StackLayer.dense(units: 1, activation: .linear)
    #expect(
      message([.lstm(3), .dropout(rate: 0.1), .lstm(3), head])
        == "layer 3 of the stack (lstm) takes a sequence, but layer 1 (lstm) has made one vector of "
        + "it: give that one `sequences: true`")
    #expect(
      message([.lstm(3, sequences: true), .pool(.max), .pool(.mean), head])
        == "layer 3 of the stack (pool) takes a sequence, but layer 2 (pool) has made one vector of "
        + "it")
    #expect(
      message([.lstm(3, sequences: true), head])
        == "layer 2 of the stack (dense) predicts from one vector a row, but is given a whole "
        + "sequence: end it before with a recurrent layer without `sequences: true`, or with "
        + "`pool: last`")
    #expect(
      message([.lstm(3)])
        == "layer 1 of the stack (lstm) is the last layer, which must be dense: it gives what is "
        + "predicted")
    #expect(
      message([.lstm(3), .dense(units: 1, activation: .relu)])
        == "layer 2 of the stack (dense) is the last layer, whose activation is linear, sigmoid or "
        + "softmax")
    #expect(
      message([.lstm(3), .dense(units: 1, activation: .softmax)])
        == "layer 2 of the stack (dense) has softmax over 1 unit, which is always 1")
    #expect(
      message([.lstm(3), .dense(units: 3, activation: .softmax), head])
        == "layer 2 of the stack (dense) has softmax, which only the last layer may have")
    #expect(
      message([.lstm(3), .embedding(size: 3), head])
        == "layer 2 of the stack (embedding) takes tokens, so it can only be the first layer")
    #expect(
      message(Self.wordLSTM)
        == "layer 1 of the stack (embedding) takes tokens, but is fed with 2 features a step")
    #expect(
      message(Self.regression, .tokens(vocabulary: 9))
        == "layer 1 of the stack (lstm) is fed with tokens: begin with an embedding")
    #expect(message([]) == "the stack has no layers")
  }

  @Test func aWrongBatchIsNamed() throws {
    var layout = ParameterLayout()
    let words = try stack(Self.wordLSTM, .tokens(vocabulary: 7), in: &layout)
    var other = ParameterLayout()
    let numbers = try stack(Self.regression, .features(2), in: &other)
    let backend = try makeBackend()
    let tape = Tape(try ParameterArena(layout, on: backend, seed: 1), mode: .inference)
    let tokens = try backend.makeTensor([3, 2], .int32)
    let narrow = tape.constant(try backend.makeTensor([3, 2, 1]))
    func what(_ body: () throws -> Variable) -> String? {
      #expect(throws: ComputeError.self) { try body() }?.what
    }
    #expect(
      what { try words(narrow, on: tape) }
        == "the stack takes tokens [T, N] of 7, was given [3, 2, 1]")
    #expect(
      what { try numbers(narrow, on: tape) }
        == "the stack takes features [T, N, 2], was given [3, 2, 1]")
    #expect(
      what { try numbers(tokens: tokens, on: tape) }
        == "the stack takes features [T, N, 2], was given tokens [3, 2]")
  }
}
