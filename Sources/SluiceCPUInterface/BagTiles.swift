/// Rows n of `output[n] = scale · Σ values[i] · table[indices[i]]`, i over the entries of
/// `documents[n]`.
public struct BagTile {
  public var offsets: Integers
  public var indices: Integers
  public var values: Floats
  public var documents: Integers
  public var table: Floats
  public var columns: Int
  public var scale: Float
  public var output: FloatRows
  public var accumulate: Bool
  public var rows: Range<Int>

  public init(
    offsets: Integers, indices: Integers, values: Floats, documents: Integers, table: Floats,
    columns: Int, scale: Float, output: FloatRows, accumulate: Bool, rows: Range<Int>
  ) {
    self.offsets = offsets
    self.indices = indices
    self.values = values
    self.documents = documents
    self.table = table
    self.columns = columns
    self.scale = scale
    self.output = output
    self.accumulate = accumulate
    self.rows = rows
  }
}

/// `tableGradient[indices[i]] += scale · values[i] · outputGradient[n]` for those indices that lie in
/// `part`: rows n in their order, entries in theirs. Indices ascend within a document.
public struct BagGradientTile {
  public var offsets: Integers
  public var indices: Integers
  public var values: Floats
  public var documents: Integers
  public var batch: Int
  public var outputGradient: FloatRows
  public var tableGradient: Floats
  public var columns: Int
  public var scale: Float
  public var part: Range<Int>

  public init(
    offsets: Integers, indices: Integers, values: Floats, documents: Integers, batch: Int,
    outputGradient: FloatRows, tableGradient: Floats, columns: Int, scale: Float, part: Range<Int>
  ) {
    self.offsets = offsets
    self.indices = indices
    self.values = values
    self.documents = documents
    self.batch = batch
    self.outputGradient = outputGradient
    self.tableGradient = tableGradient
    self.columns = columns
    self.scale = scale
    self.part = part
  }
}
