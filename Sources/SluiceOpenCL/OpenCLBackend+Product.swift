import SluiceCompute

/// A matrix on the device as kernels take it: where it starts, and how far apart its rows are.
struct DeviceMatrix {
  var argument: KernelArgument
  var isTransposed = false

  init(_ tensor: Tensor, transposed: Bool = false) {
    argument = .rows(tensor)
    isTransposed = transposed
  }
}

/// What happens to a product before it is stored.
struct ProductEpilogue {
  var scale: Float = 1
  var bias: Tensor?
  var secondBias: Tensor?
  var accumulate = false
  var activation = Activation.identity
}

/// Rows of the right-hand matrix `[T·N, …]` that do not count, or are masked.
struct RowRule {
  var batch: Int
  var lengths: Tensor?
  var mask: DeviceMemory?
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

  private init(rows: Int, columns: Int, depth: Int, itemRows: Int, itemColumns: Int) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.itemRows = itemRows
    self.itemColumns = itemColumns
  }

  var options: [KernelOption] {
    [
      KernelOption("BM", rows), KernelOption("BN", columns), KernelOption("BK", depth),
      KernelOption("RM", itemRows), KernelOption("RN", itemColumns),
    ]
  }

  /// Tiles of a result.
  func count(_ rows: Int, _ columns: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((columns + self.columns - 1) / self.columns)
  }
}

extension OpenCLBackend {
  public func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try product(
      rows: operation.rows, columns: operation.columns, depth: operation.depth,
      DeviceMatrix(operation.left, transposed: operation.transposeLeft),
      DeviceMatrix(operation.right, transposed: operation.transposeRight),
      into: .rows(operation.output),
      ProductEpilogue(
        scale: operation.scale, bias: operation.bias, accumulate: operation.accumulate,
        activation: operation.activation))
  }

  /// `[rows, columns]` = left `[rows, depth]` · right `[depth, columns]`.
  ///
  /// Where there are too few tiles for a device, a long K is cut into parts that are added up in
  /// their order.
  func product(
    rows: Int, columns: Int, depth: Int, _ left: DeviceMatrix, _ right: DeviceMatrix,
    into output: KernelArgument, _ epilogue: ProductEpilogue, rule: RowRule? = nil
  ) throws(ComputeError) {
    guard rows > 0, columns > 0 else { return }
    let tile = ProductTile(rows, columns)
    let tiles = tile.count(rows, columns)
    let parts = max(1, min(depth / 256, 256 / tiles, 64))
    // A whole number of slabs.
    let partDepth = ((depth + parts - 1) / parts + tile.depth - 1) / tile.depth * tile.depth
    let partials = parts > 1 ? try pool.take(parts * rows * columns) : nil
    _ = try int(rows * columns)
    let end: [KernelArgument] = [
      .float(epilogue.scale), .bool(epilogue.accumulate), .int(epilogue.activation.code),
    ]
    let biases: [KernelArgument] = [.tensor(epilogue.bias), .tensor(epilogue.secondBias)]
    var ruleArguments: [KernelArgument] = []
    if let rule {
      ruleArguments = [.tensor(rule.lengths), .memory(rule.mask), .int(rule.batch)]
    }
    try launch(
      KernelName(
        "matrix_product", "matrix_product",
        tile.options + [
          KernelOption("TRANSPOSE_LEFT", left.isTransposed ? 1 : 0),
          KernelOption("TRANSPOSE_RIGHT", right.isTransposed ? 1 : 0),
          KernelOption("RULED", rule == nil ? 0 : 1),
        ]),
      groups: [
        (columns + tile.columns - 1) / tile.columns, (rows + tile.rows - 1) / tile.rows, parts,
      ],
      local: [tile.columns / tile.itemColumns, tile.rows / tile.itemRows, 1],
      [left.argument, right.argument, output] + biases + [
        .memory(partials), .int(rows), .int(columns), .int(depth), .int(max(1, partDepth)),
      ] + end + ruleArguments)
    guard let partials else { return }
    try launch(
      KernelName(
        "matrix_product", "matrix_product_join",
        ProductTile.medium.options + [
          KernelOption("TRANSPOSE_LEFT", 0), KernelOption("TRANSPOSE_RIGHT", 1),
          KernelOption("RULED", 0),
        ]),
      count: rows * columns,
      [.memory(partials), .int(parts), output] + biases + [.int(rows), .int(columns)] + end)
  }
}
