import SluiceCompute
import SluiceNN
import Testing

/// The same seed gives the same bits, however many threads there are.
@Suite struct DeterminismTests {
  /// A text classifier large enough to be cut into many tiles, trained for three steps.
  ///
  /// - Parameter size: of the embedding; from 40 on it folds into the layer above, where nothing
  ///   `isBetween`.
  private func train(
    threads: Int, seed: UInt64 = 7, size: Int = 19, isBetween: Bool = true
  ) throws -> [UInt32] {
    let (steps, batch, vocabulary) = (11, 37, 50)
    var draw = Draw(seed: 8)
    let tokens = draw.integers(steps * batch, below: vocabulary)
    let lengths = draw.integers(batch, below: steps + 1)
    let classes = draw.integers(batch, below: 3)
    var layout = ParameterLayout()
    let embedding = Embedding("embedding", vocabulary: vocabulary, size: size, in: &layout)
    let lstm = LSTM(
      "lstm", inputSize: size, hiddenSize: 23, layers: 2, bidirectional: true, dropout: 0.2,
      recurrentDropout: 0.1, in: &layout)
    let head = Linear("head", inputSize: 46, outputSize: 3, in: &layout)

    let backend = try makeBackend(threads: threads)
    let arena = try ParameterArena(layout, on: backend, seed: seed)
    let optimizer = try TestOptimizer(arena)
    let statistics = try backend.makeTensor([2])
    for step in 0..<3 {
      let tape = Tape(arena, mode: .training(seed: seed, step: UInt32(step)))
      let rows = try backend.makeTensor([batch], lengths)
      let indices = try backend.makeTensor([steps, batch], tokens)
      let sequence =
        isBetween
        ? try lstm(
          tape.dropout(embedding(indices, on: tape), rate: 0.1), lengths: rows, on: tape
        ).sequence
        : try lstm(indices, through: embedding, lengths: rows, on: tape).sequence
      let y = try head(tape.pool(sequence, .max, lengths: rows), on: tape)
      try tape.loss(
        .softmaxCrossEntropy, y, target: backend.makeTensor([batch], classes),
        statistics: statistics)
      try tape.backward()
      try optimizer.step(step + 1, learningRate: 0.01)
    }
    let values = try backend.read(statistics) + backend.read(arena.weights)
    return values.map(\.bitPattern)
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    let one = try train(threads: 1)
    #expect(try train(threads: 1) == one)
    #expect(try train(threads: 2) == one)
    #expect(try train(threads: 3) == one)
    #expect(try train(threads: 3) == one)
    #expect(try train(threads: 1, seed: 8) != one)
  }

  @Test(arguments: [19, 64]) func sameBitsWithoutAnythingBetween(size: Int) throws {
    let one = try train(threads: 1, size: size, isBetween: false)
    #expect(try train(threads: 2, size: size, isBetween: false) == one)
    #expect(try train(threads: 3, size: size, isBetween: false) == one)
  }
}

/// Adam over a whole arena, for tests.
struct TestOptimizer {
  let arena: ParameterArena
  let moments: [Tensor]
  let squaredNorm: Tensor
  let halt: Tensor

  init(_ arena: ParameterArena) throws {
    self.arena = arena
    let backend = arena.backend
    moments = try (0..<2).map { _ in try backend.makeTensor(arena.weights.shape) }
    squaredNorm = try backend.makeTensor([1])
    halt = try backend.makeTensor([1], [0] as [Int32])
    for moment in moments { try backend.enqueue(Fill(moment, with: 0)) }
  }

  /// One step with clipping at norm 1; then the gradients are zero again.
  func step(_ step: Int, learningRate: Float) throws {
    let backend = arena.backend
    try backend.enqueue(SumOfSquares(arena.gradients, into: squaredNorm))
    try backend.enqueue(
      OptimizerStep(
        .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), step: step, learningRate: learningRate,
        clipNorm: 1, groups: [ParameterGroup(range: 0..<arena.weights.count)],
        weights: arena.weights, gradients: arena.gradients, moments: moments,
        squaredNorm: squaredNorm, halt: halt))
    try backend.enqueue(Fill(arena.gradients, with: 0))
  }
}
