import SluiceCompute
import SluiceConformance
import SluiceNN
import Testing

/// Names, shapes, initial values and messages.
@Suite struct LayerTests {
  @Test func parametersAreNamedAsInPyTorch() {
    var layout = ParameterLayout()
    _ = Embedding("words", vocabulary: 9, size: 3, in: &layout)
    _ = Recurrent("lstm", inputSize: 3, hiddenSize: 2, layers: 2, bidirectional: true, in: &layout)
    _ = Linear("head", inputSize: 4, outputSize: 5, in: &layout)
    let expected: [(String, Shape)] = [
      ("words.weight", [9, 3]),
      ("lstm.weight_ih_l0", [8, 3]), ("lstm.weight_hh_l0", [8, 2]),
      ("lstm.bias_ih_l0", [8]), ("lstm.bias_hh_l0", [8]),
      ("lstm.weight_ih_l0_reverse", [8, 3]), ("lstm.weight_hh_l0_reverse", [8, 2]),
      ("lstm.bias_ih_l0_reverse", [8]), ("lstm.bias_hh_l0_reverse", [8]),
      ("lstm.weight_ih_l1", [8, 4]), ("lstm.weight_hh_l1", [8, 2]),
      ("lstm.bias_ih_l1", [8]), ("lstm.bias_hh_l1", [8]),
      ("lstm.weight_ih_l1_reverse", [8, 4]), ("lstm.weight_hh_l1_reverse", [8, 2]),
      ("lstm.bias_ih_l1_reverse", [8]), ("lstm.bias_hh_l1_reverse", [8]),
      ("head.weight", [5, 4]), ("head.bias", [5]),
    ]
    #expect(layout.parameters.map(\.name) == expected.map(\.0))
    #expect(layout.parameters.map(\.shape) == expected.map(\.1))
    #expect(layout.parameters.allSatisfy { $0.decays == ($0.shape.rank == 2) })
  }

  @Test func weightsBeginAsInKeras() throws {
    var layout = ParameterLayout()
    _ = Recurrent("lstm", inputSize: 3, hiddenSize: 4, in: &layout)
    let arena = try ParameterArena(layout, on: DoubleBackend(), seed: 2)
    let values = try arena.namedWeights().map(\.values)
    let bound = (6 / Float(16 + 3)).squareRoot()
    #expect(values[0].allSatisfy { abs($0) <= bound })
    #expect(values[0].contains { abs($0) > bound / 2 })
    for first in 0..<4 {
      for second in 0..<4 {
        let dot = (0..<16).reduce(Float(0)) {
          $0 + values[1][$1 * 4 + first] * values[1][$1 * 4 + second]
        }
        #expect(abs(dot - (first == second ? 1 : 0)) < 1e-6)
      }
    }
    #expect(values[2] == (0..<16).map { (4..<8).contains($0) ? 1 : 0 })
    #expect(values[3].allSatisfy { $0 == 0 })
  }

  @Test func aSmallOutputScaleShrinksTheBound() throws {
    var layout = ParameterLayout()
    _ = Linear("head", inputSize: 30, outputSize: 20, weightScale: 0.1, in: &layout)
    let arena = try ParameterArena(layout, on: DoubleBackend(), seed: 2)
    let largest = try arena.namedWeights()[0].values.map { abs($0) }.max() ?? 0
    let bound = 0.1 * (6 / Float(50)).squareRoot()
    #expect(largest <= bound && largest > 0.9 * bound)
  }

  @Test func paddingBeginsAsZeroAndStaysSo() throws {
    var layout = ParameterLayout()
    let words = Embedding("words", vocabulary: 4, size: 2, paddingIndex: 1, in: &layout)
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 2)
    let values = try arena.namedWeights()[0].values
    #expect(values[2...3].allSatisfy { $0 == 0 })
    #expect(values[0...1].allSatisfy { $0 != 0 } && values[4...7].allSatisfy { $0 != 0 })
    let tape = Tape(arena, mode: .training(seed: 1, step: 1))
    let x = try words(backend.makeTensor([3], [1, 0, 1] as [Int32]), on: tape)
    try tape.loss(
      .meanAbsoluteError, x, target: backend.makeTensor([3, 2], [9, 9, 9, 9, 9, 9] as [Float]),
      statistics: backend.makeTensor([2]))
    try tape.backward()
    let gradient: [Float] = try backend.read(arena.gradient(words.weight))
    #expect(gradient.map { $0 != 0 } == [true, true, false, false, false, false, false, false])
  }

  @Test(arguments: [false, true]) func finalOutputsAreTheFinalStates(_ isBidirectional: Bool) throws
  {
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "lstm", inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: isBidirectional, in: &layout)
    let backend = try makeBackend()
    let tape = Tape(try ParameterArena(layout, on: backend, seed: 4), mode: .inference)
    var draw = Draw(seed: 12)
    let x = tape.constant(try backend.makeTensor([6, 4, 3], draw.floats(6 * 4 * 3)))
    let lengths = try backend.makeTensor([4], [6, 1, 0, 4] as [Int32])
    let output = try lstm(x, lengths: lengths, on: tape)
    let states = output.states.suffix(lstm.directionCount).map(\.hidden)
    let final = try lstm.finalOutputs(of: output.sequence, lengths: lengths, on: tape)
    let values: [Float] = try backend.read(final.value)
    #expect(try values == backend.read(tape.concatenate(Array(states)).value))
    #expect(values.contains { $0 != 0 })
  }

  @Test func aBiasMayLearnFasterThanItsWeights() {
    var layout = ParameterLayout()
    let scores = Linear(
      "scores", inputSize: 2, outputSize: 3, biasLearningRateScale: 10, in: &layout)
    #expect(scores.bias.learningRateScale == 10 && scores.weight.learningRateScale == 1)
  }

  @Test func aBagBeginsAtZeroAndDoesNotDecay() throws {
    var layout = ParameterLayout()
    let wide = EmbeddingBag("wide", vocabulary: 6, size: 3, learningRateScale: 3, in: &layout)
    #expect(wide.weight.name == "wide.weight" && wide.weight.shape == [6, 3])
    #expect(wide.weight.learningRateScale == 3 && !wide.weight.decays)
    let backend = DoubleBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 1)
    #expect(try arena.namedWeights()[0].values == [Float](repeating: 0, count: 18))
    let tape = Tape(arena, mode: .inference)
    let features = SparseTensor(
      offsets: try backend.makeTensor([2], [0, 0] as [Int32]),
      indices: try backend.makeTensor([0], .int32), values: try backend.makeTensor([0]))
    let documents = try backend.makeTensor([2], [0, 0] as [Int32])
    let narrow = tape.constant(try backend.makeTensor([2, 1]))
    let error = #expect(throws: ComputeError.self) {
      try wide(features, documents: documents, addedTo: narrow, on: tape)
    }
    #expect(error?.what == "wide gives [2, 3], cannot be added to [2, 1]")
  }

  @Test func embeddingsOfDifferentSizesDoNotAddUp() throws {
    var layout = ParameterLayout()
    let words = Embedding("words", vocabulary: 4, size: 2, in: &layout)
    let pairs = Embedding("pairs", vocabulary: 4, size: 3, in: &layout)
    let backend = try makeBackend()
    let tape = Tape(try ParameterArena(layout, on: backend, seed: 2), mode: .inference)
    let tokens = try backend.makeTensor([2], [1, 2] as [Int32])
    let error = #expect(throws: ComputeError.self) {
      try tape.sumOfEmbeddings([(words, tokens), (pairs, tokens)])
    }
    #expect(error?.what == "pairs gives [2] × 3, words [2] × 2")
  }

  @Test func aWrongInputIsNamed() throws {
    var layout = ParameterLayout()
    let lstm = Recurrent("encoder", inputSize: 3, hiddenSize: 2, in: &layout)
    let head = Linear("head", inputSize: 4, outputSize: 1, in: &layout)
    let backend = DoubleBackend()
    let tape = Tape(try ParameterArena(layout, on: backend, seed: 1), mode: .inference)
    let x = tape.constant(try backend.makeTensor([5, 2, 4]))
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing thrown"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { _ = try lstm(x, on: tape) } == "encoder takes [T, N, 3], was given [5, 2, 4]")
    #expect(
      message { _ = try head(tape.constant(backend.makeTensor([2, 3])), on: tape) }
        == "head takes […, 4], was given [2, 3]")
    let fitting = tape.constant(try backend.makeTensor([5, 2, 3]))
    #expect(
      message { _ = try lstm(fitting, initial: [], on: tape) }
        == "encoder takes an initial state for each layer and direction, 1 in all, was given 0")
    let narrow = tape.constant(try backend.makeTensor([3, 1]))
    #expect(
      message { _ = try tape.concatenate([x, narrow]) }
        == "cannot concatenate [[5, 2, 4], [3, 1]]")
    #expect(message { _ = try tape.add(x, narrow) } == "cannot add [3, 1] to [5, 2, 4]")
  }

  @Test func theSummaryIsATable() {
    var layout = ParameterLayout()
    let layers: [any Layer] = [
      Embedding("words", vocabulary: 8000, size: 32, in: &layout),
      Recurrent("lstm", inputSize: 32, hiddenSize: 64, layers: 2, bidirectional: true, in: &layout),
      Linear("head", inputSize: 128, outputSize: 5, activation: .relu, in: &layout),
    ]
    let summary = ModelSummary(layers)
    #expect(summary.weightCount == layout.weightCount)
    #expect(
      summary.description == """
        Layer  Kind                       Output       Weights
        words  Embedding of 8000          […, 32]      256,000
        lstm   LSTM × 2, both directions  [T, N, 128]  149,504
        head   Linear (relu)              […, 5]           645
        Total                                          406,149  (1.5 MiB)
        """)
  }

  @Test func plansNameEveryLayerDirection() throws {
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "encoder", inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: true,
      recurrentDropout: 0.1, in: &layout)
    let plans = try lstm.plans(on: DoubleBackend(), steps: 7, batch: 4)
    #expect(
      plans.map(\.name) == [
        "encoder l0", "encoder l0 reverse", "encoder l1", "encoder l1 reverse",
      ])
    #expect(plans.map(\.descriptor.inputSize) == [3, 3, 10, 10])
    #expect(plans.allSatisfy { $0.descriptor.hasRecurrentDropout })
  }
}

/// What the tape keeps, and what it lets go of.
@Suite struct TapeTests {
  private func network() -> (layout: ParameterLayout, lstm: Recurrent, head: Linear) {
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "lstm", inputSize: 3, hiddenSize: 4, layers: 2, dropout: 0.5, recurrentDropout: 0.5,
      in: &layout)
    let head = Linear("head", inputSize: 4, outputSize: 1, activation: .tanh, in: &layout)
    return (layout, lstm, head)
  }

  /// A tape that is never replayed, as after an error, is freed with all that it holds.
  @Test func aTapeIsFreedWithoutBackward() throws {
    let (layout, lstm, head) = network()
    let backend = DoubleBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 1)
    weak var freed: Tape?
    do {
      let tape = Tape(arena, mode: .training(seed: 1, step: 1))
      freed = tape
      let x = tape.input(try backend.makeTensor([2, 2, 3], [Float](repeating: 1, count: 12)))
      let y = try head(tape.dropout(lstm(x, on: tape).sequence, rate: 0.1), on: tape)
      _ = try tape.pool(tape.concatenate([y, y]), .max)
    }
    #expect(freed == nil)
  }

  @Test func inferenceNeedsNoGradientAndDropsNothing() throws {
    let (layout, lstm, _) = network()
    let backend = DoubleBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 1)
    let values = [Float](repeating: 1, count: 12)
    func output() throws -> [Double] {
      let tape = Tape(arena, mode: .inference)
      let x = tape.input(try backend.makeTensor([2, 2, 3], values))
      let output = try lstm(tape.dropout(x, rate: 0.9), on: tape)
      #expect(!output.sequence.needsGradient && output.states[0].cell?.needsGradient == false)
      return try backend.values(output.sequence.value)
    }
    #expect(try output() == (try output()))
  }

  /// Only the layers below what the loss uses are replayed, and input that is data gets nothing.
  @Test func unusedResultsCostNothing() throws {
    let (layout, lstm, head) = network()
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 1)
    let tape = Tape(arena, mode: .training(seed: 1, step: 1))
    let x = tape.constant(try backend.makeTensor([2, 2, 3], [Float](repeating: 1, count: 12)))
    let output = try lstm(x, on: tape)
    let y = try head(output.states[0].hidden, on: tape)
    try tape.loss(
      .meanSquaredError, y, target: backend.makeTensor([2, 1], [1, 2] as [Float]),
      statistics: backend.makeTensor([2]))
    try tape.backward()
    #expect(x.gradient == nil)
    for parameter in layout.parameters {
      let values: [Float] = try backend.read(arena.gradient(parameter))
      let isUpper = parameter.name.hasSuffix("l1")
      #expect(values.allSatisfy { $0 == 0 } == isUpper, "\(parameter.name)")
    }
  }
}

@Suite struct NamedWeightsTests {
  private func arena() throws -> ParameterArena {
    var layout = ParameterLayout()
    _ = Linear("one", inputSize: 3, outputSize: 2, in: &layout)
    _ = Linear("two", inputSize: 2, outputSize: 1, in: &layout)
    return try ParameterArena(layout, on: DoubleBackend(), seed: 1)
  }

  @Test func theyComeBackInAnyOrder() throws {
    let arena = try arena()
    var weights = try arena.namedWeights()
    for index in weights.indices { weights[index].values = weights[index].values.map { $0 + 1 } }
    try arena.load(named: weights.reversed())
    let loaded = try arena.namedWeights()
    #expect(loaded.map(\.name) == ["one.weight", "one.bias", "two.weight", "two.bias"])
    #expect(loaded.map(\.values) == weights.map(\.values))
  }

  @Test func everythingThatDoesNotFitIsSaid() throws {
    let arena = try arena()
    let before = try arena.namedWeights()
    var weights = before
    weights[0].shape = [2, 4]
    weights[0].values = [Float](repeating: 0, count: 8)
    weights[1].values = [1]
    weights[2].name = "three.weight"
    weights.append(weights[3])
    let mismatch = try #require(throws: WeightMismatch.self) { try arena.load(named: weights) }
    #expect(
      mismatch.description == """
        the weights do not fit the model: missing: two.weight; not in the model: three.weight; \
        given twice: two.bias; one.weight is [2, 4], should be [2, 3], \
        one.bias [2] comes with 1 values. Were they saved by a model with other settings?
        """)
    #expect(try arena.namedWeights().map(\.values) == before.map(\.values))
  }
}
