/// A data set of few features out of many: for each document the indices of those that it has, and
/// their values. Compressed sparse rows (CSR), on the device.
public struct SparseTensor {
  /// int32 `[D + 1]`, ascending, within `0 ... M`: where each document's entries begin, and the end.
  public var offsets: Tensor
  /// int32 `[M]` in `0 ..< V`, ascending within a document. An index may come several times.
  public var indices: Tensor
  /// float32 `[M]`, contiguous.
  public var values: Tensor

  /// Each argument is the property of its name.
  public init(offsets: Tensor, indices: Tensor, values: Tensor) {
    self.offsets = offsets
    self.indices = indices
    self.values = values
  }
}

/// `output[n] = scale · Σ values[i] · table[indices[i]]` over the entries i of document
/// `documents[n]`, and an addend where there is one: a linear layer over sparse features.
///
/// - Complexity: O(entries of the batch · K) multiply-adds, whatever V.
public struct EmbeddingBagForward: Operation {
  public static let name = "embedding bag"

  /// `[N, F]`: which features each row has, and how much of each.
  public var features: SparseTensor
  /// int32 `[N]` in `0 ..< D`.
  public var documents: Tensor
  /// `[V, K]`, contiguous.
  public var table: Tensor
  /// Multiplies the result.
  public var scale: Float
  /// `[N, K]`, any strides.
  public var output: Tensor
  /// `[N, K]`, any strides: what the result is added to. Nil: nothing.
  public var addend: Tensor?

  /// Each argument is the property of its name.
  public init(
    _ features: SparseTensor, documents: Tensor, table: Tensor, scale: Float = 1,
    into output: Tensor, addedTo addend: Tensor? = nil
  ) {
    self.features = features
    self.documents = documents
    self.table = table
    self.scale = scale
    self.output = output
    self.addend = addend
  }

  public func validate() throws(ComputeError) {
    try Check.bag(features, documents: documents, table: table, rows: output)
    try Check.floats([("addend", addend)])
    try Check.shape("addend", addend, output.shape)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// `tableGradient[indices[i]] += scale · values[i] · outputGradient[n]` for every row n of the batch
/// and every entry i of its document, in that order.
public struct EmbeddingBagBackward: Operation {
  public static let name = "embedding bag gradient"

  /// As given to forward.
  public var features: SparseTensor
  /// As given to forward.
  public var documents: Tensor
  /// `[N, K]`, any strides.
  public var outputGradient: Tensor
  /// Multiplies the result.
  public var scale: Float
  /// `[V, K]`, contiguous; added to.
  public var tableGradient: Tensor

  /// Each argument is the property of its name.
  public init(
    _ features: SparseTensor, documents: Tensor, outputGradient: Tensor, scale: Float = 1,
    into tableGradient: Tensor
  ) {
    self.features = features
    self.documents = documents
    self.outputGradient = outputGradient
    self.scale = scale
    self.tableGradient = tableGradient
  }

  public func validate() throws(ComputeError) {
    try Check.bag(features, documents: documents, table: tableGradient, rows: outputGradient)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension Check {
  fileprivate static func bag(
    _ features: SparseTensor, documents: Tensor, table: Tensor, rows: Tensor
  ) throws(ComputeError) {
    try floats([("values", features.values), ("table", table), ("rows", rows)])
    try indices([
      ("offsets", features.offsets), ("indices", features.indices), ("documents", documents),
    ])
    try contiguous("values", features.values)
    try contiguous("table", table)
    try that(
      features.offsets.shape.rank == 1 && features.offsets.count >= 1
        && features.indices.count == features.values.count,
      "offsets \(features.offsets.shape) into indices \(features.indices.shape) and values "
        + "\(features.values.shape)")
    try that(
      table.shape.rank == 2 && rows.shape == [documents.count, table.columns],
      "documents \(documents.shape) by the table \(table.shape) as \(rows.shape)")
  }
}
