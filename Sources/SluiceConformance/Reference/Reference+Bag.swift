import SluiceCompute

extension Reference {
  /// Sparse features in compressed rows, as ``SparseTensor`` holds them.
  struct Features {
    var offsets: [Int]
    var indices: [Int]
    var values: [Double]

    func entries(of document: Int) -> Range<Int> {
      offsets[document]..<offsets[document + 1]
    }
  }

  /// Σ scale · value · row of the table, for each document of the batch.
  static func bag(
    _ features: Features, documents: [Int], table: [Double], columns: Int, scale: Double
  ) -> [Double] {
    documents.flatMap { document in
      (0..<columns).map { column in
        features.entries(of: document).reduce(0) { sum, i in
          let row = features.indices[i]
          return sum + scale * features.values[i] * table[row * columns + column]
        }
      }
    }
  }

  /// Adds the gradient of ``bag(_:documents:table:columns:scale:)`` to that of the table.
  static func bagGradient(
    _ features: Features, documents: [Int], outputGradient: [Double], columns: Int,
    scale: Double, into table: inout [Double]
  ) {
    for (n, document) in documents.enumerated() {
      for i in features.entries(of: document) {
        for column in 0..<columns {
          table[features.indices[i] * columns + column] +=
            scale * features.values[i] * outputGradient[n * columns + column]
        }
      }
    }
  }
}

extension DoubleBackend {
  package func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    let features = try features(operation.features, rows: operation.table.rows)
    let sums = Reference.bag(
      features, documents: try documents(operation.documents, features),
      table: try values(operation.table), columns: operation.table.columns,
      scale: Double(operation.scale))
    let addend = try values(operation.addend)
    try set(operation.output, zip(sums, addend ?? []).map(+) + (addend == nil ? sums : []))
  }

  package func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    let features = try features(operation.features, rows: operation.tableGradient.rows)
    var table = try values(operation.tableGradient)
    Reference.bagGradient(
      features, documents: try documents(operation.documents, features),
      outputGradient: try values(operation.outputGradient),
      columns: operation.tableGradient.columns, scale: Double(operation.scale), into: &table)
    try set(operation.tableGradient, table)
  }

  private func features(_ tensor: SparseTensor, rows: Int) throws(ComputeError)
    -> Reference.Features
  {
    Reference.Features(
      offsets: try integers(tensor.offsets, below: tensor.indices.count + 1, "offset"),
      indices: try integers(tensor.indices, below: rows, "feature"),
      values: try values(tensor.values))
  }

  private func documents(_ tensor: Tensor, _ features: Reference.Features) throws(ComputeError)
    -> [Int]
  {
    try integers(tensor, below: features.offsets.count - 1, "document")
  }
}
