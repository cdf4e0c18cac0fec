import SluiceCPUInterface
import SluiceCompute

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
    forRows(depth, columns: panels * kernels.panelWidth, elements: 32768) { range in
      self.kernels.pack(
        matrix, depth: depth, columns: columns, into: destination, depthRange: range, rule: rule)
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
    let rowBlock = ProductExtent.rowBlock
    let rowBlocks = (rows + rowBlock - 1) / rowBlock
    let panels = (columns + kernels.panelWidth - 1) / kernels.panelWidth
    let panelBlock = max(1, 256 / kernels.panelWidth)
    let panelBlocks = (panels + panelBlock - 1) / panelBlock
    let partDepth = (depth + parts - 1) / parts
    let workspace = try scratch(threads.count * ProductExtent.scratchCount)
    let workspaceStart = workspace.floats
    threads.run(rowBlocks * panelBlocks * parts) { index, thread in
      let part = index / (rowBlocks * panelBlocks)
      let panel = index / rowBlocks % panelBlocks * panelBlock
      let row = index % rowBlocks * rowBlock
      self.kernels.product(
        left, panels: packed, depth: depth, columns: columns,
        rowRange: row..<min(rows, row + rowBlock),
        panelRange: panel..<min(panels, panel + panelBlock),
        depthRange: min(depth, part * partDepth)..<min(depth, (part + 1) * partDepth),
        into: parts > 1 ? FloatRows(partialStart + part * rows * columns, stride: columns) : output,
        parts > 1 ? ProductEpilogue() : epilogue,
        scratch: workspaceStart + thread * ProductExtent.scratchCount)
    }
    if parts > 1 {
      forRows(rows, columns: columns * parts) { range in
        self.kernels.reduceProduct(
          FloatRows(partialStart, stride: columns), parts: parts, partStride: rows * columns,
          columns: columns, rowRange: range, into: output, epilogue)
      }
    }
  }
}
