import SluiceCompute

/// How recurrent_registers_*.cl share out a layer: H ≤ 128, four items for every unit.
struct RegisterTile: Hashable {
  /// Batch rows of a group.
  var rows: Int
  /// Of how many hidden units (forward) or units (backward) an item keeps the weights in registers.
  var near: Int

  /// What NVIDIA's and AMD's hardware runs in step.
  static let bundle = 32
  /// Beyond this, registers hold less than half of the weights.
  static let largestHidden = 128

  /// Items along the units: H rounded up to whole bundles.
  static func units(_ hidden: Int) -> Int { (hidden + bundle - 1) / bundle * bundle }

  /// Items of a group.
  static func items(_ hidden: Int) -> Int { 4 * units(hidden) }

  /// - Parameter isBoth: whether a launch runs both directions of a layer. Choosing one takes registers,
  ///   which the largest groups do not have to spare where there are four gates.
  func kernel(
    _ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, isBoth: Bool = false
  ) -> KernelName {
    let step = Self.step(pass)
    let near = isBoth && hidden > 96 && cell.gateCount > 3 ? max(step, near - step) : near
    return KernelName(
      "recurrent_registers_\(pass.rawValue)", of: cell,
      [
        "HIDDEN": hidden, "ROWS": rows, "NEAR": near, "BOTH": isBoth ? 1 : 0, "STRAIGHT": 1,
      ])
  }

  /// What `near` is a multiple of.
  private static func step(_ pass: RecurrentPass) -> Int { pass == .forward ? 4 : 2 }

  /// SPAN of the kernels: the units of an item's part.
  static func span(_ hidden: Int, of pass: RecurrentPass) -> Int {
    switch pass {
    case .forward: (hidden + 15) / 16 * 4
    case .backward: ((hidden + 7) / 8 + 1) / 2 * 2
    }
  }

  /// As many weights as fit beside what a group needs for its rows, without spilling: from what
  /// compilers for NVIDIA's and AMD's GPUs make of the kernels.
  private static func near(_ hidden: Int, rows: Int, _ pass: RecurrentPass, _ cell: RecurrentCell)
    -> Int
  {
    let all = span(hidden, of: pass)
    // By 256, 384 and 512 items that share the registers of a compute unit. Where H is not whole,
    // checking its end takes registers too.
    let most: (forward: [Int], backward: [Int]) =
      switch (cell.gateCount, hidden) {
      case (...2, _): ([all, all, all, all], [all, all, all, all])
      case (3, ...64): ([16, 16, 16, 12], [8, 8, 8, 8])
      case (3, ...96): ([24, 20, 16, 8], [12, 10, 8, 2])
      case (3, 128): ([16, 16, 8, 4], [8, 8, 4, 2])
      case (3, _): ([16, 16, 8, 4], [6, 6, 2, 2])
      case (_, ...64): ([16, 16, 16, 16], [8, 8, 8, 8])
      case (_, ...96): ([24, 20, 16, 8], [12, 8, 6, 2])
      case (_, 128): ([20, 16, 12, 4], [10, 6, 4, 2])
      default: ([16, 12, 8, 4], [8, 6, 2, 2])
      }
    let place = rows.trailingZeroBitCount
    return min(all, pass == .forward ? most.forward[place] : most.backward[place])
  }

  /// Bytes of local memory that a group takes.
  private func localMemory(_ hidden: Int, _ pass: RecurrentPass, _ cell: RecurrentCell) -> Int {
    let units = Self.units(hidden)
    let span = Self.span(hidden, of: pass)
    switch pass {
    case .forward: return rows * (4 * 4 * span + 4 * cell.lanes * (rows < 4 ? 4 : 3) * units)
    case .backward: return rows * (4 * cell.lanes * 8 * span + 4 * 8 * units)
    }
  }

  /// The best one by arithmetic first: as many rows as keep every compute unit busy.
  static func candidates(
    _ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, batch: Int,
    _ limits: RecurrentLimits
  ) -> [RegisterTile] {
    guard hidden <= largestHidden, items(hidden) <= limits.capabilities.workGroupSize
    else { return [] }
    let fitting = (hidden <= 64 ? [1, 2, 4, 8] : [1, 2, 4]).map {
      RegisterTile(rows: $0, near: near(hidden, rows: $0, pass, cell))
    }.filter { $0.localMemory(hidden, pass, cell) <= limits.capabilities.localMemory }
    let enough = fitting.first { $0.rows * max(1, limits.computeUnits) >= batch }
    guard let first = enough ?? fitting.last else { return [] }
    // Fewer weights in registers leave more of them to what the compiler makes of a loop.
    let fewer = RegisterTile(rows: first.rows, near: max(4, first.near / 8 * 4))
    return [first] + fitting.filter { $0 != first } + (fewer.near < first.near ? [fewer] : [])
  }
}
