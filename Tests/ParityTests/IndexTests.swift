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
}
