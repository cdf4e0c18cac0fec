import SluiceCompute

/// How a launch of recurrent_step.cl shares out its product: a group makes `rows` × `columns` sums, and
/// `parts` items add up each of their blocks.
struct StepTile: Hashable {
  var items: Int
  var rows: Int
  var columns: Int
  var itemRows: Int
  var itemColumns: Int
  /// Of a slab.
  var depth: Int

  init(parts: Int, rows: Int, columns: Int, itemRows: Int, itemColumns: Int, depth: Int) {
    items = parts * (rows / itemRows) * (columns / itemColumns)
    self.rows = rows
    self.columns = columns
    self.itemRows = itemRows
    self.itemColumns = itemColumns
    self.depth = depth
  }

  var parts: Int { items / (rows / itemRows * (columns / itemColumns)) }

  var name: String {
    "\(rows)x\(columns) by \(itemRows)x\(itemColumns) of \(depth), \(items) items"
  }

  /// Bytes of local memory that a group takes.
  var localMemory: Int {
    4 * max(2 * depth * (rows + columns), max(1, parts / 2) * rows * columns)
  }

  /// What recurrent_step.cl is compiled with.
  func options(_ pass: RecurrentPass, isWide: Bool, isMasked: Bool) -> [String: Int] {
    [
      "ITEMS": items, "TM": rows, "TN": columns, "RM": itemRows, "RN": itemColumns, "BK": depth,
      "WIDE": isWide ? 1 : 0, "MASKED": isMasked ? 1 : 0, "BACKWARD": pass == .backward ? 1 : 0,
      "STRAIGHT": 1,
    ]
  }

  /// Groups along the columns and the rows.
  func groups(_ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, batch: Int) -> [Int] {
    let width = pass == .forward ? cell.gateCount * hidden : hidden
    return [(width + columns - 1) / columns, (batch + rows - 1) / rows]
  }

  /// A CPU runs the items of a group one after the other: few of them, with much to do each.
  private static func forCPU(_ pass: RecurrentPass, _ cell: RecurrentCell) -> StepTile {
    if let columns = columns(pass, cell) {
      return StepTile(
        parts: 1, rows: 32, columns: columns, itemRows: 8, itemColumns: 8, depth: 16)
    }
    // Half as wide as 16 floats in a register: PoCL compiles it in a sixth of the time.
    return StepTile(parts: 1, rows: 16, columns: 64, itemRows: 4, itemColumns: 8, depth: 16)
  }

  /// The columns of a tile of whole units, up to 64, for a product that is wider than the hidden state;
  /// nil where it is not.
  private static func columns(_ pass: RecurrentPass, _ cell: RecurrentCell) -> Int? {
    guard pass == .forward, cell.gateCount > 1 else { return nil }
    return cell.gateCount == 2 ? 64 : 16 * cell.gateCount
  }

  private static func all(_ pass: RecurrentPass, _ cell: RecurrentCell) -> [StepTile] {
    func tile(
      _ parts: Int, _ rows: Int, _ columns: Int, by itemRows: Int, of depth: Int
    ) -> StepTile {
      StepTile(
        parts: parts, rows: rows, columns: columns, itemRows: itemRows, itemColumns: 4,
        depth: depth)
    }
    let tiles =
      if let columns = columns(pass, cell) {
        [
          // As deep as its items load at once.
          tile(4, 64, columns, by: 8, of: columns < 64 ? 16 : 32),
          tile(2, 64, columns, by: 8, of: 16),
          tile(4, 32, columns, by: 8, of: 16), tile(4, 16, columns, by: 4, of: 32),
        ]
      } else {
        [
          tile(16, 32, 32, by: 8, of: 64), tile(4, 32, 32, by: 4, of: 64),
          tile(4, 32, 32, by: 4, of: 32), tile(16, 16, 16, by: 4, of: 128),
          tile(16, 16, 16, by: 4, of: 64),
        ]
      }
    return tiles + [forCPU(pass, cell)]
  }

  /// The best one by arithmetic first: the largest tile of which there are enough for most compute
  /// units, else the smallest.
  static func candidates(
    _ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, batch: Int,
    _ limits: RecurrentLimits
  ) -> [StepTile] {
    let fitting = all(pass, cell).filter {
      $0.items <= limits.capabilities.workGroupSize
        && $0.localMemory <= limits.capabilities.localMemory
    }
    let busy = fitting.first {
      4 * $0.groups(pass, cell, hidden: hidden, batch: batch).reduce(1, *) >= 3
        * limits.computeUnits
    }
    let ofCPU = limits.isCPU ? forCPU(pass, cell) : nil
    guard let first = ofCPU ?? busy ?? fitting.first(where: { $0.rows == 16 }) else { return [] }
    return [first] + fitting.filter { $0 != first }
  }
}
