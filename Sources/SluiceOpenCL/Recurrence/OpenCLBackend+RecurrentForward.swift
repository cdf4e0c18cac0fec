import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    let variant = try variant(.forward, d)
    // Without training nobody keeps the gates: they live for the time of the operation.
    let gates: Tensor
    if let kept = operation.gates {
      gates = kept
    } else {
      gates = try makeTensor([d.steps, d.batch, 4 * d.hiddenSize])
    }
    let weights = operation.weights.hidden
    var packing: RecurrentPacking?
    if let depth = variant.packedDepth(hidden: d.hiddenSize) {
      packing = RecurrentPacking(
        weights: weights, packed: try makeTensor([depth, 4 * d.hiddenSize]))
    }
    try project(operation, into: gates, packing)
    try recur(
      operation, variant, gates, weights: packing?.packed ?? weights,
      mask: try mask(operation.dropout, d))
  }

  /// Enqueues the recurrence alone.
  ///
  /// - Parameters:
  ///   - gates: `[T, N, 4H]`: what the input gives; on return activated where they are kept.
  ///   - weights: Packed as the variant asks for it, else `[4H, H]`.
  func recur(
    _ operation: RecurrentForward, _ variant: RecurrentVariant, _ gates: Tensor, weights: Tensor,
    mask: Tensor?
  ) throws(ComputeError) {
    let d = operation.descriptor
    let start: KernelArguments = [
      "gates": .tensor(gates), "keeps_gates": .bool(operation.gates != nil),
    ]
    let state: KernelArguments = [
      "initial_hidden": .tensor(operation.initial?.hidden),
      "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
      "lengths": .tensor(operation.lengths), "output": .tensor(operation.output),
      "final_hidden": .tensor(operation.final?.hidden),
      "final_cell": .tensor(operation.final?.cell),
    ]
    let extents: KernelArguments = ["T": .int(d.steps), "N": .int(d.batch)]
    let reverse: KernelArguments = ["reverse": .bool(d.direction == .reverse)]
    let (hidden, batch) = (d.hiddenSize, d.batch)
    switch variant {
    case .registers(let tile):
      try launch(
        tile.kernel(.forward, hidden: hidden),
        groups: [1, (batch + tile.rows - 1) / tile.rows], local: [RegisterTile.units(hidden), 4],
        start + ["packed": .tensor(weights)] + state + ["cells": .tensor(operation.cells)]
          + extents + reverse)
    case .looped(let tile):
      let depth = LoopTile.depth(hidden)
      try launch(
        KernelName(
          "lstm_persistent_forward", ["ROWS": tile.rows, "WEIGHTS_LOCAL": tile.isLocal ? 1 : 0]),
        groups: [1, (batch + tile.groupRows - 1) / tile.groupRows],
        local: [RegisterTile.units(hidden), tile.lanes],
        start + ["weights": .tensor(weights)] + state + ["cells": .tensor(operation.cells)]
          + extents + ["H": .int(hidden), "depth": .int(depth)] + reverse + [
            "state": .local(8 * tile.groupRows * depth),
            "near": .local(tile.isLocal ? 16 * depth * hidden : 16),
          ])
    case .stepwise(let tile):
      var operation = operation
      operation.initial = try apart(operation.initial, from: operation.final)
      let output = operation.output
      let isWide =
        hidden % 4 == 0 && output.rowStride % 4 == 0 && output.offset % 4 == 0
        && (operation.initial?.hidden.offset ?? 0) % 4 == 0
      let name = KernelName(
        "lstm_step_forward", tile.options(.forward, isWide: isWide, isMasked: mask != nil))
      let cell = try makeTensor([batch, hidden])
      for s in 0..<d.steps {
        let t = d.direction == .reverse ? d.steps - 1 - s : s
        try launch(
          name, groups: tile.groups(.forward, hidden: hidden, batch: batch),
          local: [tile.items, 1],
          start + [
            "packed": .tensor(weights), "initial_hidden": .tensor(operation.initial?.hidden),
            "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
            "lengths": .tensor(operation.lengths), "output": .tensor(output),
            "final_hidden": .tensor(operation.final?.hidden),
            "final_cell": .tensor(operation.final?.cell), "cell": .tensor(cell),
            "cells": .tensor(operation.cells), "t": .int(t),
          ] + extents + ["H": .int(hidden)] + reverse)
      }
    }
  }

  /// A copy of the initial state where the final one is written over it: groups read of the one what
  /// others have written of the other.
  private func apart(_ initial: RecurrentState?, from final: RecurrentState?) throws(ComputeError)
    -> RecurrentState?
  {
    guard let initial, let final else { return initial }
    let ends = [final.hidden, final.cell].map { ObjectIdentifier($0.buffer) }
    guard ends.contains(ObjectIdentifier(initial.hidden.buffer)) else { return initial }
    let copy = try makeTensor(initial.hidden.shape)
    try execute(Copy(initial.hidden, to: copy))
    return RecurrentState(hidden: copy, cell: initial.cell)
  }
}
