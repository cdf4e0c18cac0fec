import SluiceCPUInterface

/// Appends to the chunk what row n's gates at step t were computed from: `[hidden input]`.
func keepSource(_ tile: RecurrentBackwardTile, _ chunk: BackwardChunk, _ t: Int, _ n: Int) {
  let row = chunk.row
  let columns = tile.hidden + tile.input
  if let lengths = tile.lengths, t >= Int(lengths[n]) {
    // What stands there may be anything, NaN too.
    clear(row, columns)
  } else {
    let previous = tile.reverse ? t + 1 : t - 1
    let end = tile.lengths.map { Int($0[n]) } ?? tile.steps
    if previous >= 0 && previous < end {
      copyVectors(
        tile.output.start + (previous * tile.batch + n) * tile.output.stride, row, tile.hidden)
    } else if let initial = tile.initialHidden {
      copyVectors(initial + n * tile.hidden, row, tile.hidden)
    } else {
      clear(row, tile.hidden)
    }
    if let mask = tile.mask {
      var j = 0
      while j < tile.hidden {
        store(load(row + j) * load(mask + n * tile.hidden + j), row + j)
        j += Extent.lanes
      }
    }
    copyVectors(
      tile.inputs.start + (t * tile.batch + n) * tile.inputs.stride, row + tile.hidden, tile.input)
  }
  var to = chunk.sources + chunk.count * Extent.panel
  var column = 0
  while column < columns {
    store(load(row + column), to)
    store(load(row + column + Extent.lanes), to + Extent.lanes)
    to += chunk.capacity * Extent.panel
    column += Extent.panel
  }
}

/// Adds the chunk's share to the tile's gradients of weights and biases, and empties the chunk.
func addWeightGradient(_ tile: RecurrentBackwardTile, _ chunk: inout BackwardChunk) {
  guard let gradient = tile.weightGradient else { return }
  let width = 4 * tile.hidden
  let columns = tile.hidden + tile.input
  let stride = RecurrentExtent.stride(columns)
  var row = 0
  while row < width {
    var column = 0
    var panel = chunk.sources
    while column < columns {
      productColumns(
        chunk.gates + row, chunk.gateStride, panel, chunk.count, min(Extent.rows, width - row),
        BlockStore(
          output: gradient + row * stride + column, stride: stride,
          columns: columns - column > Extent.lanes ? Extent.panel : Extent.lanes, scale: 1,
          accumulate: !chunk.isFirst))
      column += Extent.panel
      panel += chunk.capacity * Extent.panel
    }
    row += Extent.rows
  }
  columnSum(
    ColumnSumTile(
      input: FloatRows(chunk.gates, stride: chunk.gateStride), rows: 0..<chunk.count,
      columns: width, output: gradient + width * stride, accumulate: !chunk.isFirst))
  chunk.isFirst = false
  chunk.count = 0
}
