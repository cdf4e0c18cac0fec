import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: GatherSequences) throws(ComputeError) {
    let (steps, batch) = (operation.output.shape[0], operation.output.shape[1])
    try checkDocuments(
      operation.documents, offsets: operation.offsets, total: operation.source.count)
    let offsets = try integers(operation.offsets)
    let documents = try integers(operation.documents)
    let lengths = try integers(operation.lengths)
    for n in 0..<batch {
      let d = Int(documents[n])
      lengths[n] = Int32(min(Int(offsets[d + 1] - offsets[d]), steps))
    }
    let source = try integers(operation.source)
    let output = try integers(operation.output)
    let words = operation.dropout.map { DropoutWords(rate: $0.rate, $0.stream) }
    forRows(operation.output.count, columns: 1, elements: 4096) { elements in
      self.kernels.gatherSequences(
        source, offsets: offsets, documents: documents, lengths: lengths, into: output,
        batch: batch, padding: operation.padding, replacement: operation.dropout?.replacement ?? 0,
        words: words, elements: elements)
    }
  }

  /// Throws `.indexOutOfRange` where a row of the batch names a document that does not exist, or
  /// one whose elements do not lie within `0 ..< total`.
  func checkDocuments(_ documents: Tensor, offsets: Tensor, total: Int) throws(ComputeError) {
    try checkIndices(documents, below: offsets.count - 1, "row")
    let rows = try integers(documents)
    let starts = try integers(offsets)
    for n in 0..<documents.count {
      let d = Int(rows[n])
      let (begin, end) = (Int(starts[d]), Int(starts[d + 1]))
      for (position, value) in [(d, begin), (d + 1, end)] where value < 0 || value > total {
        throw ComputeError(
          .indexOutOfRange, "offset \(value) at position \(position), not in 0 ..< \(total + 1)")
      }
      if end < begin {
        throw ComputeError(
          .indexOutOfRange,
          "length \(end - begin) at position \(n), not in 0 ..< \(total + 1)")
      }
    }
  }
}
