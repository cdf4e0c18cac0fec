import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let variant = try variant(.forward, operation.descriptor)
    let start = try start(operation, variant)
    try project(start)
    try recur(start, variant)
  }

  /// The products in one launch and the recurrences in one, where the weights stay in registers: each
  /// direction has groups of its own.
  public func execute(_ operation: BidirectionalForward) throws(ComputeError) {
    let variant = try variant(.forward, operation.first.descriptor)
    guard case .registers(let tile) = variant else {
      try execute(operation.first)
      return try execute(operation.second)
    }
    let first = try start(operation.first, variant)
    let second = try start(operation.second, variant)
    try project(first, beside: second)
    try recur(first, tile, beside: second)
  }

  /// What the product and the recurrence are made with.
  private func start(_ operation: RecurrentForward, _ variant: RecurrentVariant)
    throws(ComputeError) -> RecurrentStart
  {
    let d = operation.descriptor
    // Without training nobody keeps the gates: they live for the time of the operation.
    let gates: Tensor
    if let kept = operation.gates {
      gates = kept
    } else {
      gates = try makeTensor([d.steps, d.batch, d.cell.blockCount * d.hiddenSize])
    }
    var packing: RecurrentPacking?
    if let shape = variant.packedShape(d.cell, hidden: d.hiddenSize) {
      packing = RecurrentPacking(
        weights: operation.weights.hidden, packed: try makeTensor(shape))
    }
    return RecurrentStart(
      operation: operation, gates: gates, packing: packing, mask: try mask(operation.dropout, d))
  }

  /// Enqueues the recurrence alone, with the weights in registers.
  private func recur(
    _ start: RecurrentStart, _ tile: RegisterTile, beside other: RecurrentStart? = nil
  ) throws(ComputeError) {
    let d = start.operation.descriptor
    func arguments(_ start: RecurrentStart) -> KernelArguments {
      start.gateArguments + ["packed": .tensor(start.weights)] + start.biasArguments
        + start.stateArguments
        + ["cells": .tensor(start.operation.cells)]
    }
    try launch(
      tile.kernel(.forward, d.cell, hidden: d.hiddenSize, isBoth: other != nil),
      groups: [1, (d.batch + tile.rows - 1) / tile.rows, other == nil ? 1 : 2],
      local: [RegisterTile.units(d.hiddenSize), 4, 1],
      arguments(start) + start.extentArguments + start.directionArguments
        + (other.map { arguments($0).named("2", without: ["keeps_gates"]) } ?? [:]))
  }

  /// Enqueues the recurrence alone.
  func recur(_ start: RecurrentStart, _ variant: RecurrentVariant) throws(ComputeError) {
    let operation = start.operation
    let d = operation.descriptor
    let (hidden, batch) = (d.hiddenSize, d.batch)
    switch variant {
    case .registers(let tile):
      try recur(start, tile)
    case .looped(let tile):
      let depth = LoopTile.depth(hidden)
      try launch(
        KernelName("recurrent_persistent_forward", of: d.cell, tile.options),
        groups: [1, (batch + tile.groupRows - 1) / tile.groupRows],
        local: [RegisterTile.units(hidden), tile.lanes],
        start.gateArguments + ["weights": .tensor(start.weights)] + start.biasArguments
          + start.stateArguments + ["cells": .tensor(operation.cells)] + start.extentArguments
          + ["H": .int(hidden), "depth": .int(depth)] + start.directionArguments + [
            "state": .local(8 * tile.groupRows * depth),
            "near": .local(tile.isLocal ? 4 * d.cell.lanes * depth * hidden : 16),
          ])
    case .stepwise(let tile):
      let initial = try apart(operation.initial, from: operation.final)
      let output = operation.output
      let isWide =
        hidden % 4 == 0 && output.rowStride % 4 == 0 && output.offset % 4 == 0
        && (initial?.hidden.offset ?? 0) % 4 == 0
      let name = KernelName(
        "recurrent_step_forward", of: d.cell,
        tile.options(.forward, isWide: isWide, isMasked: start.mask != nil))
      let cell = d.cell.hasCellState ? try makeTensor([batch, hidden]) : nil
      for s in 0..<d.steps {
        let t = d.direction == .reverse ? d.steps - 1 - s : s
        try launch(
          name, groups: tile.groups(.forward, d.cell, hidden: hidden, batch: batch),
          local: [tile.items, 1],
          start.gateArguments + ["packed": .tensor(start.weights)] + start.biasArguments + [
            "initial_hidden": .tensor(initial?.hidden), "initial_cell": .tensor(initial?.cell),
            "mask": .tensor(start.mask),
            "lengths": .tensor(operation.lengths), "output": .tensor(output),
            "final_hidden": .tensor(operation.final?.hidden),
            "final_cell": .tensor(operation.final?.cell), "cell": .tensor(cell),
            "cells": .tensor(operation.cells), "t": .int(t),
          ] + start.extentArguments + ["H": .int(hidden)] + start.directionArguments)
      }
    }
  }

  /// A copy of the initial state where the final one is written over it: groups read of the one what
  /// others have written of the other.
  private func apart(_ initial: RecurrentState?, from final: RecurrentState?) throws(ComputeError)
    -> RecurrentState?
  {
    guard let initial, let final else { return initial }
    let ends = [final.hidden, final.cell].compactMap { $0.map { ObjectIdentifier($0.buffer) } }
    guard ends.contains(ObjectIdentifier(initial.hidden.buffer)) else { return initial }
    let copy = try makeTensor(initial.hidden.shape)
    try execute(Copy(initial.hidden, to: copy))
    return RecurrentState(hidden: copy, cell: initial.cell)
  }
}

/// A layer-direction on its way forward.
struct RecurrentStart {
  var operation: RecurrentForward
  /// `[T, N, P·H]`: in the blocks of the gates what the input gives; overwritten by the recurrence with
  /// what backward needs, where that is kept.
  var gates: Tensor
  /// Of the recurrent weights, by the product; nil where the variant takes them as they are.
  var packing: RecurrentPacking?
  /// `[N, H]`
  var mask: Tensor?

  /// Packed as the variant asks for it, else `[G·H, H]`.
  fileprivate var weights: Tensor { packing?.packed ?? operation.weights.hidden }

  fileprivate var gateArguments: KernelArguments {
    ["gates": .tensor(gates), "keeps_gates": .bool(operation.gates != nil)]
  }

  fileprivate var biasArguments: KernelArguments {
    ["bias": .tensor(operation.descriptor.cell.separateShare(of: operation.weights.hiddenBias))]
  }

  fileprivate var stateArguments: KernelArguments {
    [
      "initial_hidden": .tensor(operation.initial?.hidden),
      "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
      "lengths": .tensor(operation.lengths), "output": .tensor(operation.output),
      "final_hidden": .tensor(operation.final?.hidden),
      "final_cell": .tensor(operation.final?.cell),
    ]
  }

  fileprivate var extentArguments: KernelArguments {
    ["T": .int(operation.descriptor.steps), "N": .int(operation.descriptor.batch)]
  }

  fileprivate var directionArguments: KernelArguments {
    ["reverse": .bool(operation.descriptor.direction == .reverse)]
  }
}
