import SluiceCompute

/// Recurrent weights that a product lays out on its way for the recurrence after it.
struct RecurrentPacking {
  /// `[4H, H]`
  var weights: Tensor
  /// `[depth, 4H]`, H times four floats a row; written. The depth is H rounded up to whole float4.
  var packed: Tensor
}

/// How many results a group makes, and an item of it; how deep a slab is.
struct ProductTile: Hashable {
  var rows: Int
  var columns: Int
  var depth: Int
  var itemRows: Int
  var itemColumns: Int

  static let large = ProductTile(rows: 128, columns: 128, depth: 8, itemRows: 8, itemColumns: 8)
  static let medium = ProductTile(rows: 64, columns: 64, depth: 16, itemRows: 4, itemColumns: 4)
  /// For few columns, and for few rows.
  static let tall = ProductTile(rows: 64, columns: 16, depth: 16, itemRows: 4, itemColumns: 1)
  static let wide = ProductTile(rows: 16, columns: 64, depth: 16, itemRows: 1, itemColumns: 4)

  /// What matrix_product.cl is compiled with for one kind of product.
  func options(
    transposeLeft: Bool, transposeRight: Bool = false, isRecurrent: Bool = false,
    packs: Bool = false
  ) -> [String: Int] {
    [
      "BM": rows, "BN": columns, "BK": depth, "RM": itemRows, "RN": itemColumns,
      "TRANSPOSE_LEFT": transposeLeft ? 1 : 0, "TRANSPOSE_RIGHT": transposeRight ? 1 : 0,
      "RECURRENT": isRecurrent ? 1 : 0, "PACK": packs ? 1 : 0,
    ]
  }

  /// Groups along the columns and the rows of a result.
  func groups(_ rows: Int, _ columns: Int) -> [Int] {
    [(columns + self.columns - 1) / self.columns, (rows + self.rows - 1) / self.rows]
  }

  /// Tiles of a result.
  func count(_ rows: Int, _ columns: Int) -> Int {
    groups(rows, columns).reduce(1, *)
  }

  /// Items of a group.
  var local: [Int] { [columns / itemColumns, rows / itemRows, 1] }
}

extension ProductTile {
  /// Depends on the extents alone, as does the number of parts.
  init(_ rows: Int, _ columns: Int) {
    if columns <= 16 {
      self = .tall
    } else if rows <= 16 {
      self = .wide
    } else if Self.large.count(rows, columns) >= 96 {
      self = .large
    } else {
      self = .medium
    }
  }
}

/// How a long K is cut where a result has too few tiles to keep a device busy. Depends on the
/// extents alone; the parts are added up in their order.
struct ProductCut {
  var parts: Int
  /// A whole number of slabs.
  var partDepth: Int

  /// - Parameter least: The K from which on a cut is worth the launch that adds up its parts.
  init(_ rows: Int, _ columns: Int, depth: Int, _ tile: ProductTile, from least: Int) {
    let most = depth < least ? 1 : depth / 256
    parts = max(1, min(most, 256 / max(1, tile.count(rows, columns)), 64))
    let share = (depth + parts - 1) / parts
    partDepth = max(1, (share + tile.depth - 1) / tile.depth * tile.depth)
  }
}

extension OpenCLBackend {
  public func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try product(operation)
  }

  /// A product with what only a recurrent layer asks of it.
  ///
  /// - Parameters:
  ///   - secondBias: `[N]`, added like the product's own.
  ///   - packing: the weights that it lays out on its way.
  ///   - least: the K from which on a cut is worth its second launch.
  func product(
    _ p: MatrixProduct, secondBias: Tensor? = nil, packing: RecurrentPacking? = nil,
    cutFrom least: Int = 2048
  ) throws(ComputeError) {
    guard p.rows > 0, p.columns > 0 else { return }
    _ = try int(p.rows * p.columns)
    let tile = ProductTile(p.rows, p.columns)
    let cut = ProductCut(p.rows, p.columns, depth: p.depth, tile, from: least)
    let partials = cut.parts > 1 ? try makeTensor([cut.parts, p.rows, p.columns]) : nil
    let target: KernelArguments = [
      "output": .tensor(p.output), "bias": .tensor(p.bias), "bias2": .tensor(secondBias),
    ]
    let end: KernelArguments = [
      "scale": .float(p.scale), "accumulate": .bool(p.accumulate),
      "activation": .int(p.activation.code),
    ]
    let packed: KernelArguments =
      packing.map {
        [
          "recurrent": .tensor($0.weights), "packed": .tensor($0.packed),
          "H": .int($0.weights.columns), "depth": .int($0.packed.rows),
        ]
      } ?? [:]
    let options = tile.options(
      transposeLeft: p.transposeLeft, transposeRight: p.transposeRight, packs: packing != nil)
    try launch(
      KernelName("matrix_product", options),
      groups: tile.groups(p.rows, p.columns) + [cut.parts], local: tile.local,
      ["left": .tensor(p.left), "right": .tensor(p.right)] + target + [
        "partials": .tensor(partials), "M": .int(p.rows), "N": .int(p.columns),
        "K": .int(p.depth), "part_depth": .int(cut.partDepth),
      ] + end + packed)
    guard let partials else { return }
    try launch(
      "matrix_product_join", count: p.rows * p.columns,
      ["partials": .tensor(partials), "parts": .int(cut.parts)] + target + [
        "M": .int(p.rows), "N": .int(p.columns),
      ] + end)
  }
}
