import SluiceCompute
import SluiceNN
import Testing

/// What models of texts and of tables are made of.
extension GradientTests {
  /// An ordinal head, its classes weighted.
  @Test(arguments: [Float(0.3), 1]) func rankedProbability(_ share: Float) throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 7)
        let (rows, classes) = (6, 5)
        let values = draw.floats(rows * 3)
        let targets = draw.integers(rows, below: classes)
        let weights = (0..<rows).map { Float($0) / 2 }
        let head = Linear("head", inputSize: 3, outputSize: classes, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let y = try head(tape.constant(backend.makeTensor([rows, 3], values)), on: tape)
          try tape.loss(
            .rankedProbability(share: share), y, target: backend.makeTensor([rows], targets),
            rowWeights: backend.makeTensor([rows], weights),
            classWeights: backend.makeTensor([classes], [1, 2, 0.5, 1, 3] as [Float]),
            statistics: statistics)
        }
      })
  }

  /// Tokens and their character pairs, added up; padding and dropped tokens say nothing.
  @Test func sumOfEmbeddings() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 8)
        let (steps, batch) = (4, 3)
        let tokens = draw.integers(steps * batch, below: 5)
        let pairs = draw.integers(steps * batch, below: 7)
        let targets = draw.floats(batch * 3)
        let words = Embedding("words", vocabulary: 5, size: 3, paddingIndex: 0, in: &layout)
        let characters = Embedding("pairs", vocabulary: 7, size: 3, paddingIndex: 6, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let x = try tape.sumOfEmbeddings([
            (words, backend.makeTensor([steps, batch], tokens)),
            (characters, backend.makeTensor([steps, batch], pairs)),
          ])
          try tape.loss(
            .meanSquaredError, tape.pool(x, .mean),
            target: backend.makeTensor([batch, 3], targets), statistics: statistics)
        }
      })
  }

  /// An embedding directly below a layer that reads both ways: one that the back end folds into the
  /// input weights, one that it does not, and padding.
  @Test(arguments: [(size: 40, vocabulary: 4, padding: nil), (40, 4, 3), (3, 9, 3)])
  func tokensThroughAnEmbedding(size: Int, vocabulary: Int, padding: Int?) throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 10)
        let (steps, batch) = (6, 4)
        let tokens = draw.integers(steps * batch, below: vocabulary)
        let targets = draw.floats(batch * 2)
        let words = Embedding(
          "words", vocabulary: vocabulary, size: size, paddingIndex: padding, in: &layout)
        let lstm = Recurrent(
          "lstm", inputSize: size, hiddenSize: 2, layers: 2, bidirectional: true, in: &layout)
        let head = Linear("head", inputSize: 4, outputSize: 2, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let lengths = try backend.makeTensor([batch], [6, 2, 0, 5] as [Int32])
          let sequence = try lstm(
            backend.makeTensor([steps, batch], tokens), through: words, lengths: lengths, on: tape
          ).sequence
          let y = try head(tape.pool(sequence, .mean, lengths: lengths), on: tape)
          try tape.loss(
            .meanSquaredError, y, target: backend.makeTensor([batch, 2], targets),
            statistics: statistics)
        }
      })
  }

  /// Sparse features straight into the logits, beside a deep branch.
  @Test func wideBranch() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 9)
        let (batch, classes) = (4, 3)
        let values = draw.floats(batch * 2)
        let weights = draw.floats(7)
        let wide = EmbeddingBag("wide", vocabulary: 5, size: classes, scale: 0.5, in: &layout)
        let head = Linear("head", inputSize: 2, outputSize: classes, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let features = SparseTensor(
            offsets: try backend.makeTensor([4], [0, 3, 3, 7] as [Int32]),
            indices: try backend.makeTensor([7], [0, 2, 2, 0, 1, 3, 4] as [Int32]),
            values: try backend.makeTensor([7], weights))
          let documents = try backend.makeTensor([batch], [2, 0, 1, 2] as [Int32])
          let deep = try head(tape.constant(backend.makeTensor([batch, 2], values)), on: tape)
          let y = try wide(features, documents: documents, addedTo: deep, on: tape)
          let alone = try wide(features, documents: documents, on: tape)
          try tape.loss(
            .softmaxCrossEntropy, tape.add(y, alone),
            target: backend.makeTensor([batch], [2, 0, 1, 1] as [Int32]), statistics: statistics)
        }
      })
  }

  /// The head of a text classifier: both directions over rows of different lengths, one of them
  /// empty, the same units dropped at every step, and three poolings side by side.
  @Test func pooledSequence() throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 10)
        let (steps, batch) = (5, 4)
        let values = draw.floats(steps * batch * 2)
        let targets = draw.floats(batch * 2)
        let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 3, bidirectional: true, in: &layout)
        let head = Linear("head", inputSize: 18, outputSize: 2, in: &layout)
        return { tape, statistics in
          let backend = tape.backend
          let lengths = try backend.makeTensor([batch], [3, 5, 0, 1] as [Int32])
          let x = tape.constant(try backend.makeTensor([steps, batch, 2], values))
          let sequence = try tape.variationalDropout(
            lstm(x, lengths: lengths, on: tape).sequence, rate: 0.3)
          let pooled = try tape.concatenate([
            tape.pool(sequence, .max, lengths: lengths),
            tape.pool(sequence, .mean, lengths: lengths),
            lstm.finalOutputs(of: sequence, lengths: lengths, on: tape),
          ])
          try tape.loss(
            .meanSquaredError, head(pooled, on: tape),
            target: backend.makeTensor([batch, 2], targets), statistics: statistics)
        }
      })
  }

  /// Final outputs alone: what they do not touch must be zero.
  @Test(arguments: [false, true]) func finalOutputs(_ isBidirectional: Bool) throws {
    try check(
      Network { layout in
        var draw = Draw(seed: 11)
        let (steps, batch) = (4, 3)
        let values = draw.floats(steps * batch * 2)
        let lstm = Recurrent(
          "lstm", inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: isBidirectional,
          in: &layout)
        let targets = draw.floats(batch * lstm.outputSize)
        return { tape, statistics in
          let backend = tape.backend
          let lengths = try backend.makeTensor([batch], [4, 0, 2] as [Int32])
          let x = tape.constant(try backend.makeTensor([steps, batch, 2], values))
          let sequence = try lstm(x, lengths: lengths, on: tape).sequence
          let y = try lstm.finalOutputs(of: sequence, lengths: lengths, on: tape)
          try tape.loss(
            .meanSquaredError, y, target: backend.makeTensor([batch, lstm.outputSize], targets),
            statistics: statistics)
        }
      })
  }
}
