/// A view of a buffer: where it starts, its extents, and how far apart its innermost rows are.
///
/// Row-major. Rows may lie further apart than they are long, so that a block of columns of a wider
/// matrix is a tensor too: a bidirectional layer's two halves write side by side, and features are
/// concatenated without a copy.
public struct Tensor {
  /// The memory behind the view.
  public let buffer: any Buffer
  /// The index in `buffer` of the first element.
  public let offset: Int
  /// The extents, outermost first.
  public let shape: Shape
  /// Elements from the start of one innermost row to the start of the next; at least `shape.columns`.
  public let rowStride: Int

  /// Makes a view. Use `Backend.makeTensor` to allocate one.
  public init(buffer: any Buffer, offset: Int = 0, shape: Shape, rowStride: Int? = nil) {
    self.buffer = buffer
    self.offset = offset
    self.shape = shape
    self.rowStride = rowStride ?? shape.columns
  }

  /// What the elements are.
  public var elementType: ElementType { buffer.elementType }

  /// The number of elements in the view.
  public var count: Int { shape.count }

  /// The number of innermost rows.
  public var rows: Int { shape.rows }

  /// The length of an innermost row.
  public var columns: Int { shape.columns }

  /// Whether the rows touch.
  public var isContiguous: Bool { rowStride == columns || rows <= 1 }

  /// The block of columns `range` of every row, without a copy.
  ///
  /// - Precondition: `range` lies within `0 ..< columns`.
  public func columns(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(shape)")
    return Tensor(
      buffer: buffer, offset: offset + range.lowerBound,
      shape: Shape(shape.dimensions.dropLast() + [range.count]), rowStride: rowStride)
  }

  /// Entry `index` of the outermost dimension, without a copy: a step of a sequence.
  ///
  /// - Precondition: the rank is at least 2 and `index` is in range.
  public func step(_ index: Int) -> Tensor {
    precondition(shape.rank >= 2 && index >= 0 && index < shape[0], "step \(index) of \(shape)")
    let inner = Shape(Array(shape.dimensions.dropFirst()))
    return Tensor(
      buffer: buffer, offset: offset + index * inner.rows * rowStride, shape: inner,
      rowStride: rowStride)
  }

  /// The same elements under other extents. The innermost extent stays, unless the view is contiguous.
  ///
  /// - Precondition: the counts agree.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.count == count, "\(self.shape) as \(shape)")
    precondition(isContiguous || shape.columns == columns, "\(self.shape), strided, as \(shape)")
    return Tensor(
      buffer: buffer, offset: offset, shape: shape,
      rowStride: shape.columns == columns ? rowStride : shape.columns)
  }

  /// The index in the buffer just past the last element of the view.
  public var end: Int { count == 0 ? offset : offset + (rows - 1) * rowStride + columns }
}
