/// Packs panels of a right-hand matrix `[K, N]` as `[N / panelWidth][K][panelWidth]`, zero past N.
public struct PackTile {
  /// Element (k, j) is `source[k · depthStride + j · columnStride]`.
  public var source: Floats
  public var depthStride: Int
  public var columnStride: Int
  /// K.
  public var depth: Int
  /// N.
  public var columns: Int
  /// The whole packed matrix.
  public var destination: Floats
  /// The part of K that this tile packs.
  public var depthRange: Range<Int>
  /// The panels that this tile packs.
  public var panels: Range<Int>
  /// Where given, K counts (step, row) pairs of this many rows a step: see `lengths`, `mask`.
  public var batch = 1
  /// Row k is taken as zero where its step k / batch is not below `lengths[k % batch]`.
  public var lengths: Integers?
  /// `[batch, N]`: row k is multiplied by row k % batch of it.
  public var mask: Floats?

  public init(
    source: Floats, depthStride: Int, columnStride: Int, depth: Int, columns: Int,
    destination: Floats, depthRange: Range<Int>, panels: Range<Int>
  ) {
    self.source = source
    self.depthStride = depthStride
    self.columnStride = columnStride
    self.depth = depth
    self.columns = columns
    self.destination = destination
    self.depthRange = depthRange
    self.panels = panels
  }
}

/// A block of a matrix product with packed panels on the right.
public struct ProductTile {
  /// Element (m, k) is `left[m · leftRowStride + k · leftDepthStride]`.
  public var left: Floats
  public var leftRowStride: Int
  public var leftDepthStride: Int
  /// `[N / panelWidth][K][panelWidth]`
  public var panels: Floats
  /// K: the depth of the panels.
  public var depth: Int
  /// N.
  public var columns: Int
  public var rowRange: Range<Int>
  public var panelRange: Range<Int>
  /// The part of K that is summed over.
  public var depthRange: Range<Int>
  /// `[M, N]`
  public var output: FloatRows
  public var scale: Float
  public var bias: Floats?
  /// Adds to what `output` holds.
  public var accumulate: Bool
  public var activation: VectorFunction
  /// Of ``scratchCount`` elements, for one thread.
  public var scratch: Floats

  /// The part of K whose panels are kept in the cache at once.
  public static let depthBlock = 256
  /// Rows of a block of the left matrix.
  public static let rowBlock = 64
  /// Elements of scratch.
  public static let scratchCount = depthBlock * rowBlock

  public init(
    left: Floats, leftRowStride: Int, leftDepthStride: Int, panels: Floats, depth: Int,
    columns: Int, rowRange: Range<Int>, panelRange: Range<Int>, depthRange: Range<Int>,
    output: FloatRows, scale: Float, bias: Floats?, accumulate: Bool, activation: VectorFunction,
    scratch: Floats
  ) {
    self.left = left
    self.leftRowStride = leftRowStride
    self.leftDepthStride = leftDepthStride
    self.panels = panels
    self.depth = depth
    self.columns = columns
    self.rowRange = rowRange
    self.panelRange = panelRange
    self.depthRange = depthRange
    self.output = output
    self.scale = scale
    self.bias = bias
    self.accumulate = accumulate
    self.activation = activation
    self.scratch = scratch
  }
}

/// Adds up, in order, what the parts of a long product left: `output = Σ_s partial[s]`, with the
/// product's epilogue.
public struct ProductReduction {
  /// `[parts][M, N]`
  public var partials: Floats
  /// Elements from row to row of a part, and from part to part.
  public var partialStride: Int
  public var partStride: Int
  public var parts: Int
  public var rows: Int
  public var columns: Int
  public var rowRange: Range<Int>
  public var output: FloatRows
  public var scale: Float
  public var bias: Floats?
  public var accumulate: Bool
  public var activation: VectorFunction

  public init(
    partials: Floats, parts: Int, rows: Int, columns: Int, rowRange: Range<Int>, output: FloatRows,
    scale: Float, bias: Floats?, accumulate: Bool, activation: VectorFunction
  ) {
    self.partials = partials
    partialStride = columns
    partStride = rows * columns
    self.parts = parts
    self.rows = rows
    self.columns = columns
    self.rowRange = rowRange
    self.output = output
    self.scale = scale
    self.bias = bias
    self.accumulate = accumulate
    self.activation = activation
  }
}
