import SluiceCPUInterface

/// A block of a product: `[rows × panels]`, summed over a part of K.
func product(_ tile: ProductTile) {
  var begin = tile.depthRange.lowerBound
  var first = true
  repeat {
    let end = min(begin + ProductTile.depthBlock, tile.depthRange.upperBound)
    let accumulate = tile.accumulate || !first
    if tile.leftDepthStride == 1 {
      depthBlock(tile, begin, end, accumulate)
    } else {
      packedDepthBlock(tile, begin, end, accumulate)
    }
    first = false
    begin = end
  } while begin < tile.depthRange.upperBound
  epilogue(
    tile.output, tile.rowRange,
    tile.panelRange.lowerBound
      * Extent.panel..<min(
        tile.panelRange.upperBound * Extent.panel, tile.columns), tile.bias, tile.activation)
}

@inline(__always)
private func storage(_ tile: ProductTile, _ row: Int, _ panel: Int, _ accumulate: Bool)
  -> BlockStore
{
  let column = panel * Extent.panel
  return BlockStore(
    output: tile.output.start + row * tile.output.stride + column, stride: tile.output.stride,
    columns: min(Extent.panel, tile.columns - column), scale: tile.scale, accumulate: accumulate)
}

/// The left rows lie as they are needed.
private func depthBlock(_ tile: ProductTile, _ begin: Int, _ end: Int, _ accumulate: Bool) {
  var row = tile.rowRange.lowerBound
  while row < tile.rowRange.upperBound {
    let rows = min(Extent.rows, tile.rowRange.upperBound - row)
    for panel in tile.panelRange {
      productRows(
        tile.left + row * tile.leftRowStride + begin, tile.leftRowStride,
        tile.panels + (panel * tile.depth + begin) * Extent.panel, end - begin, rows,
        storage(tile, row, panel, accumulate))
    }
    row += rows
  }
}

/// The left rows are packed first, `[K][rows]`, a block of them at a time.
private func packedDepthBlock(_ tile: ProductTile, _ begin: Int, _ end: Int, _ accumulate: Bool) {
  var row = tile.rowRange.lowerBound
  let depth = end - begin
  while row < tile.rowRange.upperBound {
    let rows = min(Extent.rows, tile.rowRange.upperBound - row)
    let source = tile.left + row * tile.leftRowStride + begin * tile.leftDepthStride
    if tile.leftRowStride == 1 && rows == Extent.rows {
      for k in 0..<depth {
        let from = UnsafeRawPointer(source + k * tile.leftDepthStride)
        let to = UnsafeMutableRawPointer(tile.scratch + k * Extent.rows)
        #if AVX512 || arch(arm64)
          to.storeBytes(of: from.loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
        #else
          to.storeBytes(of: from.loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
        #endif
      }
    } else {
      for k in 0..<depth {
        for r in 0..<rows {
          tile.scratch[k * Extent.rows + r] =
            source[k * tile.leftDepthStride + r * tile.leftRowStride]
        }
      }
    }
    for panel in tile.panelRange {
      productPacked(
        tile.scratch, tile.panels + (panel * tile.depth + begin) * Extent.panel, depth, rows,
        storage(tile, row, panel, accumulate))
    }
    row += rows
  }
}

/// Bias and activation on a block of the result.
private func epilogue(
  _ output: FloatRows, _ rows: Range<Int>, _ columns: Range<Int>, _ bias: Floats?,
  _ activation: VectorFunction
) {
  if bias == nil, case .identity = activation { return }
  for row in rows {
    let p = output.start + row * output.stride + columns.lowerBound
    if let bias {
      var j = 0
      while j < columns.count {
        store(load(p + j) + load(bias + columns.lowerBound + j), p + j, columns.count - j)
        j += Extent.lanes
      }
    }
    evaluate(activation, p, p, columns.count)
  }
}

/// Adds up the parts of a long product in their order.
func reduceProduct(_ tile: ProductReduction) {
  for row in tile.rowRange {
    let source = tile.partials + row * tile.partialStride
    let target = tile.output.start + row * tile.output.stride
    var j = 0
    while j < tile.columns {
      var total = load(source + j)
      for part in 1..<tile.parts { total += load(source + part * tile.partStride + j) }
      total *= broadcast(tile.scale)
      if tile.accumulate { total += load(target + j) }
      store(total, target + j, tile.columns - j)
      j += Extent.lanes
    }
  }
  epilogue(tile.output, tile.rowRange, 0..<tile.columns, tile.bias, tile.activation)
}

/// Packs panels of the right-hand matrix.
func pack(_ tile: PackTile) {
  for panel in tile.panels {
    let column = panel * Extent.panel
    let columns = min(Extent.panel, tile.columns - column)
    let source = tile.source + column * tile.columnStride
    let target = tile.destination + panel * tile.depth * Extent.panel
    if tile.columnStride == 1 && columns == Extent.panel {
      for k in tile.depthRange {
        let from = source + k * tile.depthStride
        store(load(from), target + k * Extent.panel)
        store(load(from + Extent.lanes), target + k * Extent.panel + Extent.lanes)
      }
    } else {
      for k in tile.depthRange {
        let to = target + k * Extent.panel
        for j in 0..<columns { to[j] = source[k * tile.depthStride + j * tile.columnStride] }
        for j in columns..<Extent.panel { to[j] = 0 }
      }
    }
    if tile.lengths != nil || tile.mask != nil { maskPanel(tile, target, column, columns) }
  }
}

private func maskPanel(_ tile: PackTile, _ target: Floats, _ column: Int, _ columns: Int) {
  for k in tile.depthRange {
    let to = target + k * Extent.panel
    let row = k % tile.batch
    if let lengths = tile.lengths, k / tile.batch >= Int(lengths[row]) {
      for j in 0..<Extent.panel { to[j] = 0 }
    } else if let mask = tile.mask {
      for j in 0..<columns { to[j] *= mask[row * tile.columns + column + j] }
    }
  }
}
