import SluiceCPUInterface
import SluiceCompute

/// A matrix in memory, of which element (i, j) is `start[i · rowStride + j · columnStride]`.
struct StridedMatrix {
  var start: Floats
  var rowStride: Int
  var columnStride: Int

  init(_ rows: FloatRows, transposed: Bool = false) {
    start = rows.start
    rowStride = transposed ? 1 : rows.stride
    columnStride = transposed ? rows.stride : 1
  }
}

/// What happens to a product before it is stored.
struct ProductEpilogue {
  var scale: Float = 1
  var bias: Floats?
  var accumulate = false
  var activation = VectorFunction.identity
}

/// Rows of the right-hand matrix that do not count, or are masked: see ``PackTile``.
struct RowRule {
  var batch: Int
  var lengths: Integers?
  var mask: Floats?
}

extension CPUBackend {
  public func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try product(
      rows: operation.rows, columns: operation.columns, depth: operation.depth,
      StridedMatrix(try rows(operation.left), transposed: operation.transposeLeft),
      StridedMatrix(try rows(operation.right), transposed: operation.transposeRight),
      into: try rows(operation.output),
      ProductEpilogue(
        scale: operation.scale, bias: try floats(operation.bias),
        accumulate: operation.accumulate, activation: VectorFunction(operation.activation)))
  }

  /// Elements of a packed right-hand matrix.
  func packedCount(depth: Int, columns: Int) -> Int {
    (columns + kernels.panelWidth - 1) / kernels.panelWidth * kernels.panelWidth * depth
  }

  /// Packs `[depth, columns]` into panels.
  func pack(
    _ matrix: StridedMatrix, depth: Int, columns: Int, into destination: Floats,
    rule: RowRule? = nil
  ) {
    let panels = (columns + kernels.panelWidth - 1) / kernels.panelWidth
    var tile = PackTile(
      source: matrix.start, depthStride: matrix.rowStride, columnStride: matrix.columnStride,
      depth: depth, columns: columns, destination: destination, depthRange: 0..<0, panels: 0..<0)
    if let rule {
      tile.batch = rule.batch
      tile.lengths = rule.lengths
      tile.mask = rule.mask
    }
    let prepared = tile
    forRows(depth, columns: panels * kernels.panelWidth, elements: 32768) { range in
      var tile = prepared
      tile.depthRange = range
      tile.panels = 0..<panels
      self.kernels.pack(tile)
    }
  }

  /// `[rows, columns]` = left `[rows, depth]` · right `[depth, columns]`.
  func product(
    rows: Int, columns: Int, depth: Int, _ left: StridedMatrix, _ right: StridedMatrix,
    into output: FloatRows, _ epilogue: ProductEpilogue, rule: RowRule? = nil
  ) throws(ComputeError) {
    guard rows > 0, columns > 0 else { return }
    let packed = try scratch(packedCount(depth: depth, columns: columns))
    pack(right, depth: depth, columns: columns, into: packed.floats, rule: rule)
    try product(
      rows: rows, columns: columns, depth: depth, left, packed: packed.floats, into: output,
      epilogue)
  }

  /// The same with panels that are packed already.
  ///
  /// A long K is cut into a number of parts that depends on the extents alone; the parts are added
  /// up in their order.
  func product(
    rows: Int, columns: Int, depth: Int, _ left: StridedMatrix, packed: Floats,
    into output: FloatRows, _ epilogue: ProductEpilogue
  ) throws(ComputeError) {
    guard rows > 0, columns > 0 else { return }
    let parts = rows * columns <= 1 << 18 ? max(1, min(8, depth / 256)) : 1
    let partials = try scratch(parts > 1 ? parts * rows * columns : 0)
    let partialStart = partials.floats
    let rowBlock = ProductTile.rowBlock
    let rowBlocks = (rows + rowBlock - 1) / rowBlock
    let panels = (columns + kernels.panelWidth - 1) / kernels.panelWidth
    let panelBlock = max(1, 256 / kernels.panelWidth)
    let panelBlocks = (panels + panelBlock - 1) / panelBlock
    let partDepth = (depth + parts - 1) / parts
    let workspace = try scratch(threads.count * ProductTile.scratchCount)
    let workspaceStart = workspace.floats
    threads.run(rowBlocks * panelBlocks * parts) { index, thread in
      let part = index / (rowBlocks * panelBlocks)
      let panel = index / rowBlocks % panelBlocks * panelBlock
      let row = index % rowBlocks * rowBlock
      var tile = ProductTile(
        left: left.start, leftRowStride: left.rowStride, leftDepthStride: left.columnStride,
        panels: packed, depth: depth, columns: columns, rowRange: row..<min(rows, row + rowBlock),
        panelRange: panel..<min(panels, panel + panelBlock),
        depthRange: min(depth, part * partDepth)..<min(depth, (part + 1) * partDepth),
        output: output, scale: epilogue.scale, bias: epilogue.bias,
        accumulate: epilogue.accumulate, activation: epilogue.activation,
        scratch: workspaceStart + thread * ProductTile.scratchCount)
      if parts > 1 {
        tile.output = FloatRows(partialStart + part * rows * columns, stride: columns)
        tile.scale = 1
        tile.bias = nil
        tile.accumulate = false
        tile.activation = .identity
      }
      self.kernels.product(tile)
    }
    if parts > 1 {
      forRows(rows, columns: columns * parts) { range in
        self.kernels.reduceProduct(
          ProductReduction(
            partials: partialStart, parts: parts, rows: rows, columns: columns, rowRange: range,
            output: output, scale: epilogue.scale, bias: epilogue.bias,
            accumulate: epilogue.accumulate, activation: epilogue.activation))
      }
    }
  }
}
