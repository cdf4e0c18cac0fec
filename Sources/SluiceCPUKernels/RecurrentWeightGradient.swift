import SluiceCPUInterface

/// Appends to the chunk what row n's gates at step t were computed from: `[hidden input]`.
func keepSource(_ tile: RecurrentBackwardTile, _ chunk: BackwardChunk, _ t: Int, _ n: Int) {
  let layer = tile.layer
  let row = chunk.row
  let columns = layer.hidden + layer.input
  if let lengths = layer.lengths, t >= Int(lengths[n]) {
    // What stands there may be anything, NaN too.
    clear(row, columns)
  } else {
    if let previous = previousRow(tile, t, n) {
      copyVectors(
        layer.output.start + previous * layer.output.stride, row, layer.hidden)
    } else if let initial = layer.initialHidden {
      copyVectors(initial + n * layer.hidden, row, layer.hidden)
    } else {
      clear(row, layer.hidden)
    }
    if let mask = layer.mask {
      var j = 0
      while j < layer.hidden {
        store(load(row + j) * load(mask + n * layer.hidden + j), row + j)
        j += Extent.lanes
      }
    }
    copyVectors(
      layer.inputs.start + (t * layer.batch + n) * layer.inputs.stride,
      row + layer.hidden, layer.input)
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
  let layer = tile.layer
  guard let gradient = tile.weightGradient else { return }
  let width = layer.extents.blocks * layer.hidden
  let shift = layer.extents.separate * layer.hidden
  let columns = layer.hidden + layer.input
  let stride = RecurrentExtent.stride(columns)
  let rows = RecurrentBackwardTile.gradientRows(
    hidden: layer.hidden, blocks: layer.extents.blocks)
  var row = 0
  while row < rows {
    var column = 0
    var panel = chunk.sources
    while column < columns {
      // Rows that only the input has need no columns of the hidden state, and the other way round.
      let needsHidden = column < layer.hidden && row < width - shift
      let needsInput =
        min(columns, column + Extent.panel) > layer.hidden && row + Extent.rows > shift
      guard needsHidden || needsInput else {
        column += Extent.panel
        panel += chunk.capacity * Extent.panel
        continue
      }
      productColumns(
        chunk.gates + row, chunk.gateStride, panel, chunk.count, min(Extent.rows, rows - row),
        BlockStore(
          output: gradient + row * stride + column, stride: stride,
          columns: columns - column > Extent.lanes ? Extent.panel : Extent.lanes, scale: 1,
          accumulate: !chunk.isFirst))
      column += Extent.panel
      panel += chunk.capacity * Extent.panel
    }
    row += Extent.rows
  }
  Kernels.columnSum(
    FloatRows(chunk.gates, stride: chunk.gateStride), rows: 0..<chunk.count, columns: width,
    into: gradient + rows * stride, accumulate: !chunk.isFirst)
  chunk.isFirst = false
  chunk.count = 0
}
