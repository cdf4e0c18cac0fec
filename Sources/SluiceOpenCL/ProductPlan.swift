import SluiceCompute

/// How many results a group makes, and an item of it; how deep a slab is.
struct ProductTile: Hashable {
  var rows: Int
  var columns: Int
  var depth: Int
  var itemRows: Int
  var itemColumns: Int

  /// The fewest loads a multiply-add: two groups of it fill a compute unit.
  static let large = ProductTile(rows: 128, columns: 128, depth: 8, itemRows: 8, itemColumns: 8)
  /// For results that waste or do not fill the large one. It takes several groups to fill a unit.
  static let small = ProductTile(rows: 64, columns: 64, depth: 8, itemRows: 8, itemColumns: 8)
  /// The same for so few groups that a unit has one or two: twice the items work on it.
  static let quick = ProductTile(rows: 64, columns: 64, depth: 16, itemRows: 8, itemColumns: 4)
  static let narrow = ProductTile(rows: 64, columns: 32, depth: 16, itemRows: 8, itemColumns: 4)
  /// For a few columns, and for a few rows.
  static let tall = ProductTile(rows: 64, columns: 16, depth: 32, itemRows: 4, itemColumns: 1)
  static let wide = ProductTile(rows: 16, columns: 64, depth: 32, itemRows: 1, itemColumns: 4)

  /// The one for processors, of matrix_product_processor.cl.
  static let processor = ProductTile(
    rows: 48, columns: 64, depth: 64, itemRows: 48, itemColumns: 64)

  /// Groups along the columns and the rows of a result.
  func groups(_ rows: Int, _ columns: Int) -> [Int] {
    [(columns + self.columns - 1) / self.columns, (rows + self.rows - 1) / self.rows]
  }

  /// Tiles of a result.
  func count(_ rows: Int, _ columns: Int) -> Int {
    groups(rows, columns).reduce(1, *)
  }

  /// Results that all tiles make, with those past the end.
  func area(_ rows: Int, _ columns: Int) -> Int {
    count(rows, columns) * self.rows * self.columns
  }

  /// Items of a group.
  var items: Int { rows * columns / (itemRows * itemColumns) }

  var local: [Int] { [items, 1, 1] }

  /// What the kernels are compiled with for a group's part.
  var options: [String: Int] { ["BM": rows, "BN": columns, "BK": depth] }
}

/// How wide loads and stores are.
extension ProductTile {
  /// Floats of the left operand that an item loads at once.
  ///
  /// - Parameter extents: what has to be a multiple of it, beside where rows begin.
  func leftWidth(_ operand: Tensor, _ extents: [Int]) -> Int {
    min(operand.alignment(extents), rows * depth / items)
  }

  /// The same of the right one.
  func rightWidth(_ operand: Tensor, _ extents: [Int]) -> Int {
    min(operand.alignment(extents), columns * depth / items)
  }

  /// Floats that it stores at once, to the output or, where that is nil, to the parts.
  func outputWidth(_ output: Tensor?, _ columns: Int) -> Int {
    guard itemColumns >= 4 else { return 1 }
    return (output?.alignment([columns]) ?? alignment([columns])) == 4 ? 4 : 1
  }
}

extension Tensor {
  /// The floats at the beginning of each row, 1, 2 or 4, that may be taken at once, where these
  /// extents are multiples of it too.
  fileprivate func alignment(_ extents: [Int]) -> Int {
    SluiceOpenCL.alignment([offset, rowStride] + extents)
  }
}

/// The largest of 4, 2 and 1 that divides them all.
private func alignment(_ extents: [Int]) -> Int {
  [4, 2].first { width in extents.allSatisfy { $0.isMultiple(of: width) } } ?? 1
}

/// The tile of a product, and how a long K is cut where a result has too few tiles to keep a device
/// busy. Depends on the extents alone; the parts are added up in their order.
///
/// The numbers of groups suit about 132 compute units, which hold two groups of the large tile or six
/// of the small one.
struct ProductPlan: Equatable {
  var tile: ProductTile
  var parts = 1
  /// A whole number of slabs.
  var partDepth = 0

  /// - Parameter least: The K from which on a cut is worth the launch that adds up its parts.
  init(_ rows: Int, _ columns: Int, depth: Int, cutFrom least: Int) {
    let deepest = { (share: Int) in depth >= least ? max(1, depth / share) : 1 }
    if let tile = Self.flat(rows, columns) {
      let most = depth >= min(least, 512) ? depth / 64 : 1
      self.init(tile, depth, parts: min(64 / tile.count(rows, columns), most))
      return
    }
    if depth >= 256, let plan = Self.large(rows, columns, depth, most: deepest(256)) {
      self = plan
      return
    }
    let isNarrow = columns <= 32
    let count = (isNarrow ? ProductTile.narrow : .small).count(rows, columns)
    if count >= 320 {
      self.init(isNarrow ? .narrow : .small, depth, parts: 1)
    } else {
      self.init(isNarrow ? .narrow : .quick, depth, parts: min(264 / count, deepest(128)))
    }
  }

  /// The same where the parts are joined by a launch in any case.
  init(joined rows: Int, _ columns: Int, depth: Int) {
    if let tile = Self.flat(rows, columns) {
      self.init(tile, depth, parts: min(64 / tile.count(rows, columns), depth / 64))
      return
    }
    if let plan = Self.large(rows, columns, depth, most: max(1, depth / 256)) {
      self = plan
      return
    }
    let count = ProductTile.small.count(rows, columns)
    let parts = max(1, min(792 / count, depth / 256))
    if count * parts >= 320 {
      self.init(.small, depth, parts: parts)
    } else {
      self.init(.quick, depth, parts: min(264 / count, depth / 128))
    }
  }

  /// The same on a processor, where some dozens of groups suffice.
  init(onProcessor rows: Int, _ columns: Int, depth: Int) {
    let count = ProductTile.processor.count(rows, columns)
    self.init(.processor, depth, parts: min(64 / count, depth / 256))
  }

  /// Any tile, with the depth in up to three parts.
  init(trying tile: ProductTile, depth: Int) {
    self.init(tile, depth, parts: min(3, depth / tile.depth))
  }

  /// The tile for a few columns or a few rows, nil where there are more.
  private static func flat(_ rows: Int, _ columns: Int) -> ProductTile? {
    columns <= 16 ? .tall : rows <= 16 ? .wide : nil
  }

  /// The large tile, where it does not waste results and its groups are enough.
  private static func large(_ rows: Int, _ columns: Int, _ depth: Int, most: Int) -> Self? {
    let tile = ProductTile.large
    guard tile.area(rows, columns) * 20 <= ProductTile.small.area(rows, columns) * 21 else {
      return nil
    }
    let count = tile.count(rows, columns)
    let parts = max(1, min(256 / count, most))
    return count * parts >= 192 ? Self(tile, depth, parts: parts) : nil
  }

  private init(_ tile: ProductTile, _ depth: Int, parts: Int) {
    let share = (depth + max(1, parts) - 1) / max(1, parts)
    self.tile = tile
    partDepth = max(1, (share + tile.depth - 1) / tile.depth) * tile.depth
    self.parts = max(1, (depth + partDepth - 1) / partDepth)
  }
}
