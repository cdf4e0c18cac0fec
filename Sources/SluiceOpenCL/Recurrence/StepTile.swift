/// How a launch of lstm_step.cl shares out its product: a group makes `rows` × `columns` sums, and
/// `parts` items add up each of their blocks.
struct StepTile: Hashable {
  var items: Int
  var rows: Int
  var columns: Int
  var itemRows: Int
  var itemColumns: Int
  /// Of a slab.
  var depth: Int

  var parts: Int { items / (rows / itemRows * (columns / itemColumns)) }

  var name: String {
    "\(rows)x\(columns) by \(itemRows)x\(itemColumns) of \(depth), \(items) items"
  }

  /// Bytes of local memory that a group takes.
  var localMemory: Int {
    4 * max(2 * depth * (rows + columns), max(1, parts / 2) * rows * columns)
  }

  /// What lstm_step.cl is compiled with.
  func options(_ pass: RecurrentPass, isWide: Bool, isMasked: Bool) -> [String: Int] {
    [
      "ITEMS": items, "TM": rows, "TN": columns, "RM": itemRows, "RN": itemColumns, "BK": depth,
      "WIDE": isWide ? 1 : 0, "MASKED": isMasked ? 1 : 0, "BACKWARD": pass == .backward ? 1 : 0,
    ]
  }

  /// Groups along the columns and the rows.
  func groups(_ pass: RecurrentPass, hidden: Int, batch: Int) -> [Int] {
    let width = pass == .forward ? 4 * hidden : hidden
    return [(width + columns - 1) / columns, (batch + rows - 1) / rows]
  }

  /// A CPU runs the items of a group one after the other: few of them, with much to do each.
  private static func forCPU(_ pass: RecurrentPass) -> StepTile {
    switch pass {
    case .forward:
      StepTile(items: 32, rows: 32, columns: 64, itemRows: 8, itemColumns: 8, depth: 16)
    case .backward:
      StepTile(items: 16, rows: 16, columns: 64, itemRows: 4, itemColumns: 16, depth: 16)
    }
  }

  private static func all(_ pass: RecurrentPass) -> [StepTile] {
    switch pass {
    case .forward:
      [
        StepTile(items: 512, rows: 64, columns: 64, itemRows: 8, itemColumns: 4, depth: 32),
        StepTile(items: 256, rows: 64, columns: 64, itemRows: 8, itemColumns: 4, depth: 16),
        StepTile(items: 256, rows: 32, columns: 64, itemRows: 8, itemColumns: 4, depth: 16),
        StepTile(items: 256, rows: 16, columns: 64, itemRows: 4, itemColumns: 4, depth: 32),
        forCPU(pass),
      ]
    case .backward:
      [
        StepTile(items: 512, rows: 32, columns: 32, itemRows: 8, itemColumns: 4, depth: 64),
        StepTile(items: 256, rows: 32, columns: 32, itemRows: 4, itemColumns: 4, depth: 64),
        StepTile(items: 256, rows: 32, columns: 32, itemRows: 4, itemColumns: 4, depth: 32),
        StepTile(items: 256, rows: 16, columns: 16, itemRows: 4, itemColumns: 4, depth: 128),
        StepTile(items: 256, rows: 16, columns: 16, itemRows: 4, itemColumns: 4, depth: 64),
        forCPU(pass),
      ]
    }
  }

  /// The best one by arithmetic first: the largest tile of which there are enough for most compute
  /// units, else the smallest.
  static func candidates(
    _ pass: RecurrentPass, hidden: Int, batch: Int, _ limits: RecurrentLimits
  ) -> [StepTile] {
    let fitting = all(pass).filter {
      $0.items <= limits.capabilities.workGroupSize
        && $0.localMemory <= limits.capabilities.localMemory
    }
    let busy = fitting.first {
      4 * $0.groups(pass, hidden: hidden, batch: batch).reduce(1, *) >= 3 * limits.computeUnits
    }
    let ofCPU = limits.isCPU ? forCPU(pass) : nil
    guard let first = ofCPU ?? busy ?? fitting.first(where: { $0.rows == 16 }) else { return [] }
    return [first] + fitting.filter { $0 != first }
  }
}
