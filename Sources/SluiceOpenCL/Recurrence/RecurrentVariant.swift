import SluiceCompute

/// The two recurrences of a layer. Each chooses its kernels for itself.
enum RecurrentPass: String, Hashable, CaseIterable, Sendable {
  case forward, backward
}

/// Kernels that carry out a recurrence, by what they have in common.
public enum RecurrentKernels: String, Hashable, Sendable, CaseIterable {
  /// A group keeps its rows for all steps, and the recurrent weights in its registers.
  case registers
  /// A group keeps its rows for all steps; its items loop over weights in local memory or the caches.
  case looped
  /// A launch for every step.
  case stepwise
}

/// One way to carry out a recurrence.
enum RecurrentVariant: Hashable {
  case registers(RegisterTile)
  case looped(LoopTile)
  case stepwise(StepTile)

  var kernels: RecurrentKernels {
    switch self {
    case .registers: .registers
    case .looped: .looped
    case .stepwise: .stepwise
    }
  }

  /// What it is called in tables and on disk.
  var name: String {
    switch self {
    case .registers(let tile): "registers \(tile.rows) rows \(tile.near) near"
    case .looped(let tile):
      "looped \(tile.lanes)x\(tile.rows) rows \(tile.isLocal ? "local" : "cached")"
    case .stepwise(let tile): "stepwise \(tile.name)"
    }
  }

  /// Variants that are alike in this add up in the same order: which of them runs changes no bit.
  var order: String {
    switch self {
    case .registers, .looped: kernels.rawValue
    case .stepwise(let tile): "stepwise \(tile.parts) parts of \(tile.depth)"
    }
  }

  /// Of the recurrent weights as `RecurrentPacking` lays them out for forward; nil where the kernel
  /// reads them as they are.
  func packedShape(_ cell: RecurrentCell, hidden: Int) -> Shape? {
    switch self {
    case .registers: [RegisterTile.span(hidden, of: .forward) * 4, cell.lanes * hidden]
    case .looped(let tile):
      tile.isLocal ? nil : [LoopTile.depth(hidden), cell.lanes * hidden]
    case .stepwise: [hidden, cell.gateCount * hidden]
    }
  }

  /// For the user: how the rows are shared out, and where the weights stay.
  func description(_ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int) -> String {
    let bytes = cell.recurrentBytes(hidden: hidden)
    let weights = "\((bytes + 1023) / 1024) KiB of recurrent \(cell.title) weights"
    func rows(_ count: Int) -> String { "\(count) row\(count == 1 ? "" : "s") per group" }
    switch self {
    case .registers(let tile):
      let span = RegisterTile.span(hidden, of: pass)
      let place =
        tile.near >= span
        ? "stay in registers"
        : "stay in registers to \(100 * tile.near / span) %, the rest streams from the cache"
      return "\(rows(tile.rows)), \(weights) \(place)"
    case .looped(let tile):
      let place = tile.isLocal ? "stay in local memory" : "stream from the cache"
      return "\(rows(tile.groupRows)), \(weights) \(place)"
    case .stepwise(let tile):
      return "a launch for each step, \(weights) in tiles of \(tile.rows) × \(tile.columns)"
    }
  }
}

/// What the choice of a variant depends on, beside the layer.
struct RecurrentLimits {
  var isCPU: Bool
  var computeUnits: Int
  var capabilities: OpenCLCapabilities
  /// Only these, where they can run the layer at all.
  var only: RecurrentKernels?
}

extension RecurrentVariant {
  /// All variants that can run a layer on a device, the one that is taken without measuring first.
  ///
  /// By arithmetic, and by what compilers make of the kernels: on a GPU weights in registers wherever
  /// they mostly fit, else a launch for each step, which all groups share. On a CPU, which has few
  /// registers and large caches, the loops.
  static func candidates(
    _ pass: RecurrentPass, _ cell: RecurrentCell, hidden: Int, batch: Int,
    _ limits: RecurrentLimits
  ) -> [RecurrentVariant] {
    let registers = RegisterTile.candidates(pass, cell, hidden: hidden, batch: batch, limits)
    let looped = LoopTile.candidates(pass, cell, hidden: hidden, batch: batch, limits)
    let stepwise = StepTile.candidates(pass, cell, hidden: hidden, batch: batch, limits)
    let groups: [[RecurrentVariant]]
    if limits.isCPU {
      groups =
        hidden <= LoopTile.largestOnCPU
        ? [looped.map(Self.looped), stepwise.map(Self.stepwise), registers.map(Self.registers)]
        : [stepwise.map(Self.stepwise)]
    } else {
      groups =
        hidden <= LoopTile.largestOnGPU
        ? [registers.map(Self.registers), looped.map(Self.looped), stepwise.map(Self.stepwise)]
        : [stepwise.map(Self.stepwise)]
    }
    let all = groups.flatMap { $0 }
    let wanted = all.filter { $0.kernels == limits.only }
    return wanted.isEmpty ? all : wanted
  }
}
