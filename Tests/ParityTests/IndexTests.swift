import SluiceCompute
import Testing

/// Indices out of range: every back end names the same one, at the latest when it is waited for.
@Suite("Documents out of range")
struct IndexTests {
  /// What `body` fails with on this back end; empty where it does not.
  private func failure(
    on tested: TestedBackend, _ body: (any Backend) throws -> Void
  ) throws -> String {
    let backend = try tested.make()
    do {
      try body(backend)
      try backend.synchronize()
      return ""
    } catch let error as ComputeError {
      #expect(error.code == .indexOutOfRange)
      return error.what
    }
  }

  @Test("sequence gather", arguments: Backends.all())
  func sequences(tested: TestedBackend) throws {
    func gather(_ documents: [Int32], offsets: [Int32]) throws -> String {
      try failure(on: tested) { backend in
        try backend.enqueue(
          GatherSequences(
            source: backend.makeTensor([6], [Int32](repeating: 1, count: 6)),
            offsets: backend.makeTensor([offsets.count], offsets),
            documents: backend.makeTensor([documents.count], documents),
            into: backend.makeTensor([4, documents.count], .int32),
            lengths: backend.makeTensor([documents.count], .int32)))
      }
    }
    #expect(try gather([0, 1, 2], offsets: [0, 2, 2, 6]) == "")
    #expect(try gather([0, 3], offsets: [0, 2, 2, 6]) == "row 3 at position 1, not in 0 ..< 3")
    #expect(try gather([-1, 0], offsets: [0, 2, 6]) == "row -1 at position 0, not in 0 ..< 2")
    #expect(try gather([1], offsets: [0, 2, 7]) == "offset 7 at position 2, not in 0 ..< 7")
    #expect(try gather([0], offsets: [-1, 2, 6]) == "offset -1 at position 0, not in 0 ..< 7")
    #expect(try gather([1], offsets: [0, 5, 2]) == "length -3 at position 0, not in 0 ..< 7")
  }

  /// With and without folding.
  @Test("recurrent tokens", arguments: Backends.all(), [4, 64])
  func recurrentTokens(tested: TestedBackend, inputSize: Int) throws {
    func read(_ tokens: [Int32]) throws -> String {
      try failure(on: tested) { backend in
        func zeros(_ shape: Shape) throws -> Tensor {
          try backend.makeTensor(shape, [Float](repeating: 0, count: shape.count))
        }
        try backend.enqueue(
          RecurrentForward(
            RecurrentDescriptor(
              steps: 4, batch: 2, inputSize: inputSize, vocabulary: 3, hiddenSize: 2,
              isTraining: false),
            input: zeros([3, inputSize]),
            tokens: RecurrentTokens(backend.makeTensor([4, 2], tokens)),
            weights: RecurrentWeights(
              input: zeros([8, inputSize]), hidden: zeros([8, 2]), inputBias: zeros([8]),
              hiddenBias: zeros([8])),
            output: backend.makeTensor([4, 2, 2])))
      }
    }
    #expect(try read([0, 1, 2, 2, 1, 0, 0, 0]) == "")
    #expect(
      try read([0, 1, 2, 2, 3, 0, 0, 0]) == "embedding index 3 at position 4, not in 0 ..< 3")
    #expect(
      try read([0, 1, 2, 2, 1, 0, 0, -1]) == "embedding index -1 at position 7, not in 0 ..< 3")
  }

  /// An index counts from the first of its own column's rows, and must stay below their number.
  @Test("column tokens", arguments: Backends.all(), [false, true])
  func columnTokens(tested: TestedBackend, isBackward: Bool) throws {
    func read(_ indices: [Int32]) throws -> String {
      try failure(on: tested) { backend in
        func zeros(_ shape: Shape) throws -> Tensor {
          try backend.makeTensor(shape, [Float](repeating: 0, count: shape.count))
        }
        let cells = ColumnCells(
          columns: [.levels(0, rows: 0..<3), .levels(1, rows: 3..<8)], places: [1, 0], codes: nil,
          indices: try backend.makeTensor([2, 3], indices))
        let weights = ColumnTokenWeights(
          weights: nil, biases: nil, table: try zeros([8, 2]))
        let tokens = try zeros([2, 3, 2])
        if isBackward {
          try backend.enqueue(ColumnTokensBackward(cells, outputGradient: tokens, into: weights))
        } else {
          try backend.enqueue(ColumnTokensForward(cells, weights, into: tokens))
        }
      }
    }
    #expect(try read([0, 1, 2, 0, 3, 4]) == "")
    #expect(
      try read([0, 1, 3, 0, 3, 4]) == "embedding index 3 at position 2, not in 0 ..< 3")
    #expect(
      try read([0, 1, 2, 0, -1, 4]) == "embedding index -1 at position 1, not in 0 ..< 5")
  }

  @Test("embedding bag", arguments: Backends.all())
  func bags(tested: TestedBackend) throws {
    func bag(_ documents: [Int32], offsets: [Int32], indices: [Int32]) throws -> String {
      try failure(on: tested) { backend in
        let features = SparseTensor(
          offsets: try backend.makeTensor([offsets.count], offsets),
          indices: try backend.makeTensor([indices.count], indices),
          values: try backend.makeTensor(
            [indices.count], [Float](repeating: 1, count: indices.count)))
        try backend.enqueue(
          EmbeddingBagForward(
            features, documents: backend.makeTensor([documents.count], documents),
            table: backend.makeTensor([5, 2], [Float](repeating: 1, count: 10)),
            into: backend.makeTensor([documents.count, 2])))
      }
    }
    let offsets: [Int32] = [0, 2, 2, 5]
    #expect(try bag([0, 1, 2], offsets: offsets, indices: [0, 0, 1, 3, 4]) == "")
    #expect(
      try bag([0, 3], offsets: offsets, indices: [0, 0, 1, 3, 4])
        == "row 3 at position 1, not in 0 ..< 3")
    #expect(
      try bag([2], offsets: [0, 2, 2, 6], indices: [0, 0, 1, 3, 4])
        == "offset 6 at position 3, not in 0 ..< 6")
    #expect(
      try bag([2], offsets: offsets, indices: [0, 0, 1, 3, 5])
        == "feature index 5 at position 4, not in 0 ..< 5")
    #expect(
      try bag([2], offsets: offsets, indices: [0, 0, -1, 3, 4])
        == "feature index -1 at position 2, not in 0 ..< 5")
    #expect(
      try bag([2], offsets: offsets, indices: [0, 0, 1, 4, 3])
        == "the feature index at position 4 is less than the one before it")
    // What lies outside the batch is not looked at.
    #expect(try bag([0], offsets: offsets, indices: [0, 0, 9, 4, 3]) == "")
  }
}
