import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

/// An embedding directly below a recurrent layer folds into it: when, and that it gives the same.
@Suite struct FoldingTests {
  private static let head = StackLayer.dense(units: 3, activation: .softmax)

  /// T 9, N 12 tokens.
  private struct Batch {
    let tokens: Tensor
    let lengths: Tensor
    let classes: Tensor

    init(below vocabulary: Int, on backend: any Backend) throws {
      var generator = PhiloxGenerator(RandomStream(seed: 31, stream: 0))
      tokens = try backend.makeTensor(
        [9, 12], (0..<108).map { _ in Int32(generator.index(below: vocabulary)) })
      // Among them a row without steps and one of all.
      lengths = try backend.makeTensor([12], (0..<12).map { Int32($0 * 9 / 11) })
      classes = try backend.makeTensor([12], (0..<12).map { Int32($0 % 3) })
    }
  }

  private func stack(
    _ layers: [StackLayer], vocabulary: Int, padding: Int? = nil, in layout: inout ParameterLayout
  ) throws -> LayerStack {
    try LayerStack(
      StackConfiguration(layers + [Self.head]),
      input: .tokens(vocabulary: vocabulary, padding: padding), in: &layout)
  }

  /// Whether each layer-direction of a stack folds in a batch, as an idle back end is told.
  private func folds(
    _ layers: [StackLayer], below vocabulary: Int = 9, _ mode: Tape.Mode
  ) throws -> [Bool] {
    let backend = IdleBackend(memory: try CPUBackend(threads: 1))
    var layout = ParameterLayout()
    let network = try stack(layers, vocabulary: vocabulary, in: &layout)
    let batch = try Batch(below: vocabulary, on: backend)
    let tape = Tape(try ParameterArena(layout, on: backend, seed: 1), mode: mode)
    let logits = try network(tokens: batch.tokens, lengths: batch.lengths, on: tape)
    if tape.isTraining {
      try tape.loss(
        .softmaxCrossEntropy, logits, target: batch.classes,
        statistics: backend.makeTensor([2]))
      try tape.backward()
      #expect(backend.backwardFolds.reversed() == backend.forwardFolds)
    }
    return backend.forwardFolds
  }

  @Test func foldsWhereNothingHappensBetween() throws {
    let training = Tape.Mode.training(seed: 1, step: 0)
    for mode in [training, .inference] {
      #expect(try folds([.embedding(size: 48), .lstm(5)], mode) == [true])
      #expect(
        try folds([.embedding(size: 48), .dropout(rate: 0), .lstm(5)], mode) == [true])
      // Only the layer above the embedding, both directions of it.
      let twice = StackLayer.recurrent(.init(units: 5, sequences: true, bidirectional: true))
      #expect(
        try folds([.embedding(size: 48), twice, .lstm(5)], mode) == [true, true, false])
      // Too few columns to save; tokens that hardly repeat; and something that happens.
      #expect(try folds([.embedding(size: 32), .lstm(5)], mode) == [false])
      #expect(try folds([.embedding(size: 48), .lstm(5)], below: 5000, mode) == [false])
      let dense = StackLayer.dense(units: 48, activation: .tanh)
      #expect(try folds([.embedding(size: 48), dense, .lstm(5)], mode) == [false])
    }
    let dropping: [StackLayer] = [.embedding(size: 48), .dropout(rate: 0.2), .lstm(5)]
    #expect(try folds(dropping, training) == [false])
    #expect(try folds(dropping, .inference) == [true])
  }

  /// Loss and all gradients of a stack, and of the same layers run one by one.
  private func compare(
    _ tested: TestedBackend, size: Int, vocabulary: Int, padding: Int?,
    _ judge: (_ stack: [Float], _ layers: [Float]) -> Void
  ) throws {
    let backend = try tested.make()
    var layout = ParameterLayout()
    let network = try stack(
      [
        .embedding(size: size),
        .recurrent(.init(units: 17, sequences: true, bidirectional: true)), .pool(.mean),
      ], vocabulary: vocabulary, padding: padding, in: &layout)
    let batch = try Batch(below: vocabulary, on: backend)
    let arena = try ParameterArena(layout, on: backend, seed: 5)
    let layers = network.layers
    let embedding = try #require(layers[0] as? Embedding)
    let lstm = try #require(layers[1] as? Recurrent)
    let head = try #require(layers[2] as? Linear)

    func run(_ logits: (Tape) throws -> Variable) throws -> [Float] {
      try backend.enqueue(Fill(arena.gradients, with: 0))
      let statistics = try backend.makeTensor([2])
      let tape = Tape(arena, mode: .training(seed: 1, step: 0))
      try tape.loss(
        .softmaxCrossEntropy, logits(tape), target: batch.classes, statistics: statistics)
      try tape.backward()
      return try backend.read(statistics) + backend.read(arena.gradients)
    }
    judge(
      try run { try network(tokens: batch.tokens, lengths: batch.lengths, on: $0) },
      try run { tape in
        let read = try lstm(
          embedding(batch.tokens, on: tape), lengths: batch.lengths, on: tape)
        return try head(tape.pool(read.sequence, .mean, lengths: batch.lengths), on: tape)
      })
  }

  @Test(arguments: Backends.all(), [nil, 2])
  func foldedGivesTheSame(tested: TestedBackend, padding: Int?) throws {
    try compare(tested, size: 48, vocabulary: 9, padding: padding) { folded, layered in
      let largest = layered.reduce(0) { max($0, abs($1)) }
      #expect(folded.count == layered.count && largest > 1)
      for (a, b) in zip(folded, layered) {
        #expect(abs(a - b) <= 1e-5 * max(abs(b), 0.01 * largest), "\(a) against \(b)")
      }
    }
  }

  /// Where nothing folds, nothing changes.
  @Test(arguments: Backends.all(), [(16, 9), (48, 5000)])
  func unfoldedGivesTheSameBits(tested: TestedBackend, extents: (size: Int, vocabulary: Int)) throws
  {
    try compare(tested, size: extents.size, vocabulary: extents.vocabulary, padding: nil) {
      #expect($0.map(\.bitPattern) == $1.map(\.bitPattern))
    }
  }

  /// What a plan says of folding is what then happens.
  @Test func plansTellTheTruth() throws {
    let backend = try CPUBackend(threads: 1)
    func plan(
      _ layers: [StackLayer], vocabulary: Int = 9, isTraining: Bool = true
    ) throws -> [RecurrentPlan] {
      var layout = ParameterLayout()
      return try stack(layers, vocabulary: vocabulary, in: &layout).plans(
        on: backend, steps: 9, batch: 12, hasLengths: true, isTraining: isTraining
      ).map(\.plan)
    }
    let twice = StackLayer.recurrent(.init(units: 5, sequences: true))
    let plans = try plan([.embedding(size: 64), twice, .lstm(5)])
    #expect(plans.map(\.folding) == [.upTo(share: 0.5), nil])
    #expect(plans[0].reason.contains("at most 50 %") && plans[0].reason.contains("V = 9"))
    // 108 places: half of them are 54 tokens.
    #expect(
      try plan([.embedding(size: 64), .lstm(5)], vocabulary: 54)[0].reason.contains("V = 54"))
    #expect(
      try !plan([.embedding(size: 64), .lstm(5)], vocabulary: 55)[0].reason.contains("V = 55"))
    #expect(try plan([.embedding(size: 32), .lstm(5)]).map(\.folding) == [.never])
    let dropping: [StackLayer] = [.embedding(size: 64), .dropout(rate: 0.2), .lstm(5)]
    #expect(try plan(dropping).map(\.folding) == [.never])
    #expect(try plan(dropping)[0].reason.contains("dropout of 0.2"))
    #expect(try plan(dropping, isTraining: false).map(\.folding) == [.upTo(share: 0.5)])

    // A batch with just as many different tokens as the share allows, and one with one more.
    for distinct in [54, 55] {
      let indices = (0..<108).map { Int32($0 % distinct) }
      let descriptor = RecurrentDescriptor(
        steps: 9, batch: 12, inputSize: 64, vocabulary: 60, hiddenSize: 5)
      let folds = try backend.shouldFold(
        RecurrentTokens(backend.makeTensor([9, 12], indices)),
        table: backend.makeTensor([60, 64]), descriptor, lengths: nil)
      #expect(folds == (distinct == 54))
    }
  }

  /// Devices that do not look at the tokens go by the extents, from the place that the plan names.
  @Test(arguments: Backends.all())
  func extentsDecideWhereTokensAreFar(tested: TestedBackend) throws {
    let backend = try tested.make()
    guard backend.device.id != "cpu" else { return }
    for (batch, folding) in [(19, RecurrentPlan.Folding.never), (20, .always)] {
      // From 10 · 64 / (64 − 32) = 20 places on.
      let descriptor = RecurrentDescriptor(
        steps: 1, batch: batch, inputSize: 64, vocabulary: 10, hiddenSize: 5)
      let plan = try backend.plan(for: descriptor)
      #expect(plan.folding == folding && plan.reason.contains("T·N = 20"))
      let tokens = try backend.makeTensor([1, batch], [Int32](repeating: 0, count: batch))
      #expect(
        try backend.shouldFold(
          RecurrentTokens(tokens), table: backend.makeTensor([10, 64]), descriptor, lengths: nil)
          == (folding == .always))
    }
  }

  @Test func wrongTokensAreRefused() throws {
    let backend = try CPUBackend(threads: 1)
    let descriptor = RecurrentDescriptor(
      steps: 1, batch: 2, inputSize: 64, vocabulary: 10, hiddenSize: 5)
    func code(_ tokens: Tensor, lengths: Tensor? = nil) throws -> ComputeError.Code? {
      let table = try backend.makeTensor([10, 64])
      return #expect(throws: ComputeError.self) {
        try backend.shouldFold(RecurrentTokens(tokens), table: table, descriptor, lengths: lengths)
      }?.code
    }
    #expect(try code(backend.makeTensor([2, 2], .int32)) == .shapeMismatch)
    #expect(try code(backend.makeTensor([1, 2])) == .shapeMismatch)
    #expect(try code(backend.makeTensor([1, 2], [0, 10] as [Int32])) == .indexOutOfRange)
    #expect(
      try code(
        backend.makeTensor([1, 2], [0, 1] as [Int32]), lengths: backend.makeTensor([3], .int32))
        == .shapeMismatch)
  }
}
