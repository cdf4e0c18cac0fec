import SluiceCompute

extension Conformance {
  private struct BagForm: Sendable, CustomStringConvertible {
    /// Rows of the table, and its columns.
    var V: Int
    var K: Int
    /// Documents, and rows of the batch.
    var D: Int
    var N: Int
    /// The most entries of a document.
    var entries: Int
    var scale: Float = 1
    var isStrided = false
    var isAdded = false

    var description: String {
      "V \(V) K \(K) of \(D) documents, N \(N), up to \(entries) entries"
        + (scale == 1 ? "" : ", scaled") + (isStrided ? ", strided" : "")
        + (isAdded ? ", added" : "")
    }
  }

  private static let bagForms: [BagForm] = [
    BagForm(V: 1, K: 1, D: 1, N: 1, entries: 1),
    BagForm(V: 2, K: 2, D: 3, N: 5, entries: 9, isStrided: true),
    BagForm(V: 7, K: 3, D: 5, N: 4, entries: 6),
    BagForm(V: 300, K: 4, D: 40, N: 17, entries: 100, scale: -0.5),
    BagForm(V: 131_072, K: 5, D: 100, N: 64, entries: 200, isStrided: true),
    BagForm(V: 1000, K: 5, D: 60, N: 131, entries: 65, scale: 3),
    BagForm(V: 29, K: 7, D: 9, N: 70, entries: 64),
    BagForm(V: 64, K: 8, D: 20, N: 33, entries: 63, isStrided: true),
    BagForm(V: 50, K: 9, D: 20, N: 8, entries: 31),
    BagForm(V: 33, K: 16, D: 4, N: 9, entries: 40),
    BagForm(V: 500, K: 33, D: 30, N: 31, entries: 50, isStrided: true),
    BagForm(V: 100, K: 64, D: 12, N: 16, entries: 130),
    BagForm(V: 11, K: 130, D: 5, N: 6, entries: 20),
  ]

  /// Sparse features, and the documents chosen of them.
  private struct Batch {
    var offsets: [Int32]
    var indices: [Int32]
    var values: [Float]
    var documents: [Int32]
  }

  /// Documents of all sizes, the second one empty; the first one is in the batch.
  private static func draw(_ w: Workspace, _ form: BagForm) -> Batch {
    var sizes = w.draw(form.D, in: 0..<form.entries + 1).map(Int.init)
    sizes[0] = form.entries
    if form.D > 1 { sizes[1] = 0 }
    var (offsets, indices): ([Int32], [Int32]) = ([0], [])
    for size in sizes {
      indices += w.draw(size, in: 0..<form.V).sorted()
      offsets.append(Int32(indices.count))
    }
    let values = w.draw(indices.count)
    var documents = w.draw(form.N, in: 0..<form.D)
    documents[form.N - 1] = 0
    return Batch(offsets: offsets, indices: indices, values: values, documents: documents)
  }

  private static func place(_ w: Workspace, _ batch: Batch) throws -> SparseTensor {
    SparseTensor(
      offsets: try w.input(batch.offsets, [batch.offsets.count], .shifted),
      indices: try w.input(batch.indices, [batch.indices.count], .shifted),
      values: try w.input(batch.values, [batch.values.count], .shifted))
  }

  static let bagForwardCases: [ConformanceCase] = bagForms.flatMap { form in
    [false, true].map { isAdded in
      var form = form
      form.isAdded = isAdded
      return ConformanceCase(EmbeddingBagForward.name, "\(form)", tolerance: 1e-5) { [form] w in
        let batch = draw(w, form)
        let table = w.draw(form.V * form.K)
        let addend = isAdded ? w.draw(form.N * form.K) : nil
        let output = try w.output([form.N, form.K], form.isStrided ? .wide : .shifted)
        try w.enqueue(
          EmbeddingBagForward(
            try place(w, batch), documents: try w.input(batch.documents, [form.N], .shifted),
            table: try w.input(table, [form.V, form.K], .shifted), scale: form.scale,
            into: output,
            addedTo: try addend.map {
              try w.input($0, [form.N, form.K], form.isStrided ? .shifted : .wide)
            }))
        try w.compare("output", output)
      }
    }
  }

  static let bagBackwardCases: [ConformanceCase] = bagForms.map { form in
    ConformanceCase(EmbeddingBagBackward.name, "\(form)", tolerance: 1e-5) { w in
      let batch = draw(w, form)
      let gradient = w.draw(form.N * form.K)
      let before = w.draw(form.V * form.K, scale: 0.1)
      let table = try w.output([form.V, form.K], .shifted, holding: before)
      try w.enqueue(
        EmbeddingBagBackward(
          try place(w, batch), documents: try w.input(batch.documents, [form.N]),
          outputGradient: try w.input(
            gradient, [form.N, form.K], form.isStrided ? .wide : .shifted),
          scale: form.scale, into: table))
      let isTouched = touchedRows(batch, form)
      try w.compare("table gradient", table, where: isTouched)
      let now = try w.values(of: table)
      let strays = now.indices.filter { !isTouched[$0] && now[$0] != before[$0] }
      w.require(strays.isEmpty, "\(strays.count) elements of unseen features changed")
    }
  }

  private static func touchedRows(_ batch: Batch, _ form: BagForm) -> [Bool] {
    var isTouched = Array(repeating: false, count: form.V * form.K)
    for document in batch.documents.map(Int.init) {
      for index in batch.indices[Int(batch.offsets[document])..<Int(batch.offsets[document + 1])] {
        for column in 0..<form.K { isTouched[Int(index) * form.K + column] = true }
      }
    }
    return isTouched
  }
}
