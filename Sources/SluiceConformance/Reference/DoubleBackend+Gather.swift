import SluiceCompute

extension DoubleBackend {
  package func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    let rows = try gather(
      operation.table, operation.indices, ignoring: operation.ignoring, "embedding index")
    try set(operation.output, rows, accumulate: operation.accumulate)
  }

  package func execute(_ operation: EmbeddingBackward) throws(ComputeError) {
    try scatter(
      try values(operation.outputGradient), operation.indices, ignoring: operation.ignoring,
      into: operation.tableGradient)
  }

  package func execute(_ operation: GatherRows) throws(ComputeError) {
    try set(operation.output, try gather(operation.source, operation.rows, "row"))
  }

  package func execute(_ operation: GatherWindows) throws(ComputeError) {
    let (source, output) = (operation.source.shape, operation.output.shape)
    let (L, N, F) = (output[0], output[1], output[2])
    let table = try values(operation.source)
    let series = try operation.series.map { tensor throws(ComputeError) in
      try integers(tensor, below: source[0], "series")
    }
    let firsts = try values(operation.starts).map { Int($0) + operation.offset }
    if let bad = firsts.first(where: { $0 < 0 || $0 + L > source[1] }) {
      throw ComputeError(.indexOutOfRange, "a window at \(bad) of \(source[1]) steps")
    }
    let shift = try values(operation.shift)
    var windows: [Double] = []
    for k in 0..<L {
      for n in 0..<N {
        let row = (series?[n] ?? 0) * source[1] + firsts[n] + k
        for f in 0..<F {
          windows.append((table[row * F + f] - (shift?[n] ?? 0)) * Double(operation.scale))
        }
      }
    }
    try set(operation.output, windows)
  }

  package func execute(_ operation: GatherSequences) throws(ComputeError) {
    let (T, N) = (operation.output.shape[0], operation.output.shape[1])
    let source = try values(operation.source)
    let offsets = try integers(operation.offsets, below: source.count + 1, "offset")
    let documents = try integers(operation.documents, below: offsets.count - 1, "document")
    let sizes = documents.map { offsets[$0 + 1] - offsets[$0] }
    let dropout = operation.dropout
    let threshold = dropout.map { UInt64(Double($0.rate) * 0x1p32) } ?? 0
    var tokens: [Double] = []
    for t in 0..<T {
      for n in 0..<N {
        guard t < sizes[n] else {
          tokens.append(Double(operation.padding))
          continue
        }
        let isDropped = dropout.map { UInt64($0.stream.word(UInt64(t * N + n))) < threshold }
        if let dropout, isDropped == true {
          tokens.append(Double(dropout.replacement))
        } else {
          tokens.append(source[offsets[documents[n]] + t])
        }
      }
    }
    try set(operation.output, tokens)
    try set(operation.lengths, sizes.map { Double(min($0, T)) })
  }

  /// Rows of a table; zeros at the ignored index, whatever stands in its row.
  func gather(
    _ table: Tensor, _ indices: Tensor, ignoring: Int32? = nil, _ what: String
  ) throws(ComputeError) -> [Double] {
    let columns = table.columns
    let all = try values(table)
    return try integers(indices, below: table.rows, what).flatMap { index in
      index == ignoring.map(Int.init)
        ? Array(repeating: 0, count: columns) : Array(all[index * columns..<(index + 1) * columns])
    }
  }

  /// Adds rows to those of a table that they came from; those of the ignored index to none.
  func scatter(
    _ rows: [Double], _ indices: Tensor, ignoring: Int32?, into table: Tensor
  ) throws(ComputeError) {
    var sums = try values(table)
    Reference.scatterRows(
      rows, indices: try integers(indices, below: table.rows, "embedding index"),
      ignoring: ignoring.map(Int.init), columns: table.columns, into: &sums)
    try set(table, sums)
  }
}
