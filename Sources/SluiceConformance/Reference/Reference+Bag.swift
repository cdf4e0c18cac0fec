import SluiceCompute

extension Reference {
  /// Sparse features in compressed rows, as ``SparseTensor`` holds them.
  struct Features {
    var offsets: [Int32]
    var indices: [Int32]
    var values: [Double]

    func entries(of document: Int32) -> Range<Int> {
      Int(offsets[Int(document)])..<Int(offsets[Int(document) + 1])
    }
  }

  /// Σ scale · value · row of the table, for each document of the batch.
  static func bag(
    _ features: Features, documents: [Int32], table: [Double], columns: Int, scale: Double
  ) -> [Double] {
    documents.flatMap { document in
      (0..<columns).map { column in
        features.entries(of: document).reduce(0) { sum, i in
          let row = Int(features.indices[i])
          return sum + scale * features.values[i] * table[row * columns + column]
        }
      }
    }
  }

  /// Adds the gradient of ``bag(_:documents:table:columns:scale:)`` to that of the table.
  static func bagGradient(
    _ features: Features, documents: [Int32], outputGradient: [Double], columns: Int,
    scale: Double, into table: inout [Double]
  ) {
    for (n, document) in documents.enumerated() {
      for i in features.entries(of: document) {
        for column in 0..<columns {
          table[Int(features.indices[i]) * columns + column] +=
            scale * features.values[i] * outputGradient[n * columns + column]
        }
      }
    }
  }
}
