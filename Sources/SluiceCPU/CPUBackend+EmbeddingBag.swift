import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    let features = operation.features
    try check(features, operation.documents, below: operation.table.rows)
    let sparse = try sparseRows(features, operation.documents)
    if let addend = operation.addend { try execute(Copy(addend, to: operation.output)) }
    let (table, output) = (try floats(operation.table), try rows(operation.output))
    forRows(operation.output.rows, columns: 1, elements: 8) { rows in
      self.kernels.bag(
        sparse, table: table, columns: operation.table.columns, scale: operation.scale,
        into: output, rows: rows, accumulate: operation.addend != nil)
    }
  }

  /// Every part owns a run of the table's rows, and finds its entries of a document by bisection.
  public func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    let features = operation.features
    let table = operation.tableGradient
    try check(features, operation.documents, below: table.rows)
    let parts = 8
    let size = (table.rows + parts - 1) / parts
    let sparse = try sparseRows(features, operation.documents)
    let (from, to) = (try rows(operation.outputGradient), try floats(table))
    threads.run(parts) { part, _ in
      self.kernels.bagGradient(
        sparse, outputGradient: from, batch: operation.documents.count, into: to,
        columns: table.columns, scale: operation.scale,
        part: min(part * size, table.rows)..<min((part + 1) * size, table.rows))
    }
  }

  private func sparseRows(_ features: SparseTensor, _ documents: Tensor) throws(ComputeError)
    -> SparseRows
  {
    SparseRows(
      offsets: try integers(features.offsets), indices: try integers(features.indices),
      values: try floats(features.values), documents: try integers(documents))
  }

  /// Throws `.indexOutOfRange` for a document, an offset or a feature's index that is out of range,
  /// or one that is less than the one before it.
  private func check(_ features: SparseTensor, _ documents: Tensor, below limit: Int)
    throws(ComputeError)
  {
    try checkDocuments(documents, offsets: features.offsets, total: features.indices.count)
    let offsets = try integers(features.offsets)
    let indices = try integers(features.indices)
    let rows = try integers(documents)
    for n in 0..<documents.count {
      let begin = Int(offsets[Int(rows[n])])
      let count = Int(offsets[Int(rows[n]) + 1]) - begin
      if count == 0 { continue }
      // Those that ascend are in range where the first and the last one are.
      let disorder = kernels.firstDisorder(indices + begin, count)
      if disorder < 0, indices[begin] >= 0, Int(indices[begin + count - 1]) < limit { continue }
      let outside = kernels.firstOutside(indices + begin, count, below: limit)
      if outside >= 0 {
        throw ComputeError(
          .indexOutOfRange,
          "feature index \(indices[begin + outside]) at position \(begin + outside), "
            + "not in 0 ..< \(limit)")
      }
      throw ComputeError(
        .indexOutOfRange,
        "the feature index at position \(begin + disorder) is less than the one before it",
        remedy: "Sort the features of each document.")
    }
  }
}
