import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: ColumnTokensForward) throws(ComputeError) {
    let (cells, weights) = (operation.cells, operation.weights)
    let tile = ColumnTiles.extent
    try launch(
      "column_tokens_forward",
      groups: [
        (weights.size + tile - 1) / tile, (cells.count + tile - 1) / tile, cells.columns.count,
      ],
      local: ColumnTiles.local,
      [
        "columns": .tensor(try table(cells)), "codes": .tensor(cells.codes),
        "weights": .tensor(weights.weights), "biases": .tensor(weights.biases),
        "indices": .tensor(cells.indices), "table": .tensor(weights.table),
        "tokens": .tensor(operation.output),
        "distance": .int(cells.distance(of: operation.output, size: weights.size)),
        "cells": .int(cells.count), "W": .int(cells.codeSize), "E": .int(weights.size),
      ])
  }

  /// One launch, or two where there are so many cells that they are cut into parts.
  public func execute(_ operation: ColumnTokensBackward) throws(ComputeError) {
    let (cells, gradients) = (operation.cells, operation.gradients)
    guard cells.count > 0 else { return }
    let tiles = ColumnTiles(cells, size: gradients.size)
    let cut = tiles.cut(cells.count)
    let extent = ColumnTiles.extent
    let partials =
      cut.parts > 1 ? try makeTensor([cut.parts, tiles.count, extent, extent]) : nil
    let places: KernelArguments = [
      "columns": .tensor(try table(cells)), "tiles": .tensor(try constant(tiles.words)),
    ]
    let targets: KernelArguments = [
      "d_weights": .tensor(gradients.weights), "d_biases": .tensor(gradients.biases),
      "d_table": .tensor(gradients.table),
    ]
    let extents: KernelArguments = ["W": .int(cells.codeSize), "E": .int(gradients.size)]
    try launch(
      "column_tokens_backward", groups: [1, tiles.count, cut.parts], local: ColumnTiles.local,
      places + [
        "codes": .tensor(cells.codes), "indices": .tensor(cells.indices),
        "d_tokens": .tensor(operation.outputGradient),
        "distance": .int(cells.distance(of: operation.outputGradient, size: gradients.size)),
      ] + targets + [
        "partials": .tensor(partials), "cells": .int(cells.count),
        "part_cells": .int(cut.partCells),
      ] + extents)
    guard let partials else { return }
    try launch(
      "column_tokens_join", groups: [1, tiles.count, 1], local: ColumnTiles.local,
      places + ["partials": .tensor(partials), "parts": .int(cut.parts)] + targets + extents)
  }

  /// The columns as column_tokens.cl takes them.
  private func table(_ cells: ColumnCells) throws(ComputeError) -> Tensor {
    var words: [UInt32] = []
    for (column, place) in zip(cells.columns, cells.places) {
      let entry: (index: Int, first: Int, rows: Int) =
        switch column {
        case .scale(let index): (index, 0, 0)
        case .levels(let index, let rows): (index, rows.lowerBound, rows.count)
        }
      for value in [entry.index, place, entry.first, entry.rows] {
        words.append(UInt32(bitPattern: try int(value)))
      }
    }
    return try constant(words)
  }
}

/// The gradients of all columns in squares, a work-group for each.
private struct ColumnTiles {
  static let extent = 32
  static let local = [extent, 8, 1]

  /// Three for each tile: its column, its first element of the tokens, its first row or number.
  private(set) var words: [UInt32] = []

  var count: Int { words.count / 3 }

  init(_ cells: ColumnCells, size: Int) {
    for (number, column) in cells.columns.enumerated() {
      let height =
        switch column {
        // The bias stands beside the numbers of a code.
        case .scale: cells.codeSize + 1
        case .levels(_, let rows): rows.count
        }
      for element in stride(from: 0, to: size, by: Self.extent) {
        for first in stride(from: 0, to: height, by: Self.extent) {
          words += [UInt32(number), UInt32(element), UInt32(first)]
        }
      }
    }
  }

  /// How many cells are cut for a device to be busy, which is worth a second launch. Depends on the
  /// extents alone; partial sums take 16 MiB at most.
  func cut(_ cells: Int) -> (parts: Int, partCells: Int) {
    let most = (1 << 22) / (count * Self.extent * Self.extent)
    let parts = cells < 512 ? 1 : max(1, min(cells / 128, 512 / count, most, 64))
    let share = (cells + parts - 1) / parts
    let partCells = (share + Self.extent - 1) / Self.extent * Self.extent
    return ((cells + partCells - 1) / partCells, partCells)
  }
}
