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
