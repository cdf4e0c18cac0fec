/// The extents of a tensor, outermost first.
///
/// The letters used for dimensions everywhere in Sluice: T steps, N batch rows, C input features,
/// H hidden units, V vocabulary, R rows of any kind, K classes, Q quantiles.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extents, outermost first. A scalar has none.
  public let dimensions: [Int]

  /// From the extents, outermost first.
  public init(_ dimensions: [Int]) {
    self.dimensions = dimensions
  }

  public init(arrayLiteral elements: Int...) {
    self.dimensions = elements
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The number of elements: the product of the extents, 1 for a scalar.
  public var count: Int { dimensions.reduce(1, *) }

  /// The innermost extent, 1 for a scalar.
  public var columns: Int { dimensions.last ?? 1 }

  /// The number of innermost rows: the product of all extents but the last.
  public var rows: Int { dimensions.dropLast().reduce(1, *) }

  /// One extent, the outermost at 0.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// For example `[60, 32, 50]`.
  public var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
