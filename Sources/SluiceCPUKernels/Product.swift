import SluiceCPUInterface

extension Kernels {
  package static func product(
    _ left: StridedMatrix, panels: Floats, depth: Int, columns: Int, rowRange: Range<Int>,
    panelRange: Range<Int>, depthRange: Range<Int>, into output: FloatRows,
    _ epilogue: ProductEpilogue, scratch: Floats
  ) {
    // Rows that do not lie as they are needed are packed first, `[K][rows]`, a block at a time.
    let isPacked = left.columnStride != 1
    var begin = depthRange.lowerBound
    repeat {
      let count = min(ProductExtent.depthBlock, depthRange.upperBound - begin)
      let accumulate = epilogue.accumulate || begin > depthRange.lowerBound
      var row = rowRange.lowerBound
      while row < rowRange.upperBound {
        let rows = min(Extent.rows, rowRange.upperBound - row)
        let source = left.start + row * left.rowStride + begin * left.columnStride
        if isPacked { packRows(source, left, count, rows, scratch) }
        for panel in panelRange {
          let column = panel * Extent.panel
          let block = BlockStore(
            output: output.start + row * output.stride + column, stride: output.stride,
            columns: min(Extent.panel, columns - column), scale: epilogue.scale,
            accumulate: accumulate)
          let right = panels + (panel * depth + begin) * Extent.panel
          if isPacked {
            productPacked(scratch, right, count, rows, block)
          } else {
            productRows(source, left.rowStride, right, count, rows, block)
          }
        }
        row += rows
      }
      begin += count
    } while begin < depthRange.upperBound
    let end = min(panelRange.upperBound * Extent.panel, columns)
    finish(output, rowRange, panelRange.lowerBound * Extent.panel..<end, epilogue)
  }

  package static func reduceProduct(
    _ partials: FloatRows, parts: Int, partStride: Int, columns: Int, rowRange: Range<Int>,
    into output: FloatRows, _ epilogue: ProductEpilogue
  ) {
    for row in rowRange {
      let source = partials.start + row * partials.stride
      let target = output.start + row * output.stride
      var j = 0
      while j < columns {
        var total = load(source + j)
        for part in 1..<parts { total += load(source + part * partStride + j) }
        total *= broadcast(epilogue.scale)
        if epilogue.accumulate { total += load(target + j) }
        store(total, target + j, columns - j)
        j += Extent.lanes
      }
    }
    finish(output, rowRange, 0..<columns, epilogue)
  }

  package static func pack(
    _ matrix: StridedMatrix, depth: Int, columns: Int, into destination: Floats,
    depthRange: Range<Int>, rule: RowRule?
  ) {
    for first in stride(from: 0, to: columns, by: Extent.panel) {
      let count = min(Extent.panel, columns - first)
      let source = matrix.start + first * matrix.columnStride
      let target = destination + first * depth
      if matrix.columnStride == 1 && count == Extent.panel {
        for k in depthRange {
          let from = source + k * matrix.rowStride
          store(load(from), target + k * Extent.panel)
          store(load(from + Extent.lanes), target + k * Extent.panel + Extent.lanes)
        }
      } else {
        for k in depthRange {
          let to = target + k * Extent.panel
          for j in 0..<count { to[j] = source[k * matrix.rowStride + j * matrix.columnStride] }
          for j in count..<Extent.panel { to[j] = 0 }
        }
      }
      if let rule { apply(rule, target, depthRange, columns, first, count) }
    }
  }
}

private func packRows(
  _ source: Floats, _ left: StridedMatrix, _ depth: Int, _ rows: Int, _ scratch: Floats
) {
  if left.rowStride == 1 && rows == Extent.rows {
    for k in 0..<depth {
      let from = UnsafeRawPointer(source + k * left.columnStride)
      let to = UnsafeMutableRawPointer(scratch + k * Extent.rows)
      #if AVX512 || arch(arm64)
        to.storeBytes(of: from.loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
      #else
        to.storeBytes(of: from.loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
      #endif
    }
  } else {
    for k in 0..<depth {
      for r in 0..<rows {
        scratch[k * Extent.rows + r] = source[k * left.columnStride + r * left.rowStride]
      }
    }
  }
}

/// Bias and activation on a block of the result.
private func finish(
  _ output: FloatRows, _ rows: Range<Int>, _ columns: Range<Int>, _ epilogue: ProductEpilogue
) {
  if epilogue.bias == nil, case .identity = epilogue.activation { return }
  for row in rows {
    let p = output.start + row * output.stride + columns.lowerBound
    if let bias = epilogue.bias {
      move(bias + columns.lowerBound, p, columns.count, accumulate: true)
    }
    Kernels.evaluate(epilogue.activation, p, p, columns.count)
  }
}

private func apply(
  _ rule: RowRule, _ panel: Floats, _ depthRange: Range<Int>, _ columns: Int, _ first: Int,
  _ count: Int
) {
  for k in depthRange {
    let to = panel + k * Extent.panel
    let row = k % rule.batch
    if let lengths = rule.lengths, k / rule.batch >= Int(lengths[row]) {
      for j in 0..<Extent.panel { to[j] = 0 }
    } else if let mask = rule.mask {
      for j in 0..<count { to[j] *= mask[row * columns + first + j] }
    }
  }
}
