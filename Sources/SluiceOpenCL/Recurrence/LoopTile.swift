import SluiceCompute

/// How recurrent_persistent.cl shares out a layer: an item for every unit and some rows.
struct LoopTile: Hashable {
  /// Items along the batch.
  var lanes: Int
  /// Batch rows per item.
  var rows: Int
  /// Whether the recurrent weights fit into local memory beside the state; else they stream.
  var isLocal: Bool

  /// Beyond this many units, streaming the weights through one group a step takes longer than a
  /// launch in which all groups share them: by arithmetic, at 28 bytes a clock and compute unit that
  /// a GPU's second-level cache gives when all ask. A CPU's cache is its core's own.
  static let largestOnGPU = 128
  static let largestOnCPU = 256

  /// Batch rows per group.
  var groupRows: Int { lanes * rows }

  /// What the kernels are compiled with.
  var options: [String: Int] { ["ROWS": rows, "WEIGHTS_LOCAL": isLocal ? 1 : 0] }

  /// H rounded up to whole float4.
  static func depth(_ hidden: Int) -> Int { (hidden + 3) / 4 * 4 }

  /// The best one by arithmetic first: as many rows to a group as keep every compute unit busy.
  static func candidates(
    _ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, batch: Int,
    _ limits: RecurrentLimits
  ) -> [LoopTile] {
    let units = RegisterTile.units(hidden)
    let items = min(256, limits.capabilities.workGroupSize)
    guard units <= items else { return [] }
    // Powers of two, so that few kernels are compiled.
    let space = limits.capabilities.localMemory - 64
    let rowBytes = max(8 * depth(hidden), 4 * cell.lanes * hidden)
    let counts = [1, 2, 4, 8, 16].filter { $0 * rowBytes <= space }
    let enough = counts.first { $0 * max(1, limits.computeUnits) >= batch }
    guard let first = enough ?? counts.last else { return [] }
    let others = [first / 2, first * 2].filter { counts.contains($0) && $0 <= max(1, batch) }
    return ([first] + others).map { count in
      var tile = LoopTile(lanes: max(1, count / 4), rows: min(count, 4), isLocal: false)
      while units * tile.lanes > items {
        tile.lanes /= 2
        tile.rows *= 2
      }
      tile.isLocal = tile.localMemory(pass, cell, hidden: hidden) <= space
      return tile
    }
  }

  /// Bytes of local memory that a group takes with the weights in it.
  private func localMemory(_ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int) -> Int {
    switch pass {
    case .forward: Self.depth(hidden) * (4 * cell.lanes * hidden + 8 * groupRows)
    case .backward: 4 * cell.lanes * hidden * (hidden + groupRows)
    }
  }
}
