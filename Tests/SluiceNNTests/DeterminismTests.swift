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
    let lstm = Recurrent(
      "lstm", inputSize: size, hiddenSize: 23, layers: 2, bidirectional: true, dropout: 0.2,
      recurrentDropout: 0.1, in: &layout)
    let head = Linear("head", inputSize: 46, outputSize: 3, in: &layout)

    let backend = try makeBackend(threads: threads)
    let arena = try ParameterArena(layout, on: backend, seed: seed)
    let losses = try TestProblem(arena) { tape, statistics in
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
    }.train(steps: 3, learningRate: 0.01, seed: seed)
    return try losses.map { Float($0).bitPattern } + backend.read(arena.weights).map(\.bitPattern)
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
