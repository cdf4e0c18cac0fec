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

/// Recurrent weights that a product lays out on its way for the recurrence after it.
struct RecurrentPacking {
  /// `[4H, H]`
  var weights: Tensor
  /// `[depth, H]` of four floats; written.
  var packed: DeviceMemory
  /// H rounded up to whole float4.
  var depth: Int
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
  func product(
    rows: Int, columns: Int, depth: Int, _ left: DeviceMatrix, _ right: DeviceMatrix,
    into output: KernelArgument, _ epilogue: ProductEpilogue, packing: RecurrentPacking? = nil,
    cutFrom least: Int = 2048
  ) throws(ComputeError) {
    guard rows > 0, columns > 0 else { return }
    let tile = ProductTile(rows, columns)
    let cut = ProductCut(rows, columns, depth: depth, tile, from: least)
    let packed: [KernelArgument] =
      packing.map {
        [.tensor($0.weights), .memory($0.packed), .int($0.weights.columns), .int($0.depth)]
      } ?? []
    let partials = cut.parts > 1 ? try pool.take(cut.parts * rows * columns) : nil
    _ = try int(rows * columns)
    let end: [KernelArgument] = [
      .float(epilogue.scale), .bool(epilogue.accumulate), .int(epilogue.activation.code),
    ]
    let biases: [KernelArgument] = [.tensor(epilogue.bias), .tensor(epilogue.secondBias)]
    try launch(
      productKernel(
        tile, transposeLeft: left.isTransposed, transposeRight: right.isTransposed,
        packs: packing != nil),
      groups: tile.groups(rows, columns) + [cut.parts], local: tile.local,
      [left.argument, right.argument, output] + biases + [
        .memory(partials), .int(rows), .int(columns), .int(depth), .int(cut.partDepth),
      ] + end + packed)
    guard let partials else { return }
    try launch(
      productKernel(
        tile, transposeLeft: left.isTransposed, transposeRight: right.isTransposed,
        packs: packing != nil, "matrix_product_join"),
      count: rows * columns,
      [.memory(partials), .int(cut.parts), output] + biases + [.int(rows), .int(columns)] + end)
  }

  /// A kernel of matrix_product.cl, compiled for one kind of product.
  func productKernel(
    _ tile: ProductTile, transposeLeft: Bool = false, transposeRight: Bool = false,
    isRecurrent: Bool = false, packs: Bool = false, _ name: String = "matrix_product"
  ) -> KernelName {
    KernelName(
      "matrix_product", name,
      tile.options + [
        KernelOption("TRANSPOSE_LEFT", transposeLeft ? 1 : 0),
        KernelOption("TRANSPOSE_RIGHT", transposeRight ? 1 : 0),
        KernelOption("RECURRENT", isRecurrent ? 1 : 0), KernelOption("PACK", packs ? 1 : 0),
      ])
  }
}
