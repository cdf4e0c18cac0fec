import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentForward) throws(ComputeError) {
    let d = operation.descriptor
    let width = 4 * d.hiddenSize
    // Without training nobody keeps the gates: they live for the time of the operation.
    let gates: Tensor
    if let kept = operation.gates {
      gates = kept
    } else {
      gates = try makeTensor([d.steps, d.batch, width])
    }
    let shape = persistentShape(d)
    let packing = try packing(operation.weights.hidden, shape)
    try project(operation, into: gates, packing)
    let mask = try mask(operation.dropout, d)
    if let shape {
      try forwardPersistent(operation, gates, mask, shape, packing)
    } else {
      try forwardStepwise(operation, gates, mask)
    }
  }

  /// Room for recurrent weights in the order that neighbouring items read them in; nil where they
  /// stay in local memory or the layer goes step by step.
  private func packing(_ weights: Tensor, _ shape: PersistentShape?) throws(ComputeError)
    -> RecurrentPacking?
  {
    guard let shape, !shape.forwardIsLocal else { return nil }
    let depth = PersistentShape.depth(weights.columns)
    return RecurrentPacking(
      weights: weights, packed: try makeTensor([depth, 4 * weights.columns]))
  }

  private func forwardPersistent(
    _ operation: RecurrentForward, _ gates: Tensor, _ mask: Tensor?, _ shape: PersistentShape,
    _ packing: RecurrentPacking?
  ) throws(ComputeError) {
    let d = operation.descriptor
    let depth = PersistentShape.depth(d.hiddenSize)
    try launch(
      "lstm_persistent_forward", shape, batch: d.batch, isLocal: shape.forwardIsLocal,
      [
        "gates": .tensor(gates), "keeps_gates": .bool(operation.gates != nil),
        "weights": .tensor(packing?.packed ?? operation.weights.hidden),
        "initial_hidden": .tensor(operation.initial?.hidden),
        "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
        "lengths": .tensor(operation.lengths), "output": .tensor(operation.output),
        "final_hidden": .tensor(operation.final?.hidden),
        "final_cell": .tensor(operation.final?.cell), "cells": .tensor(operation.cells),
        "T": .int(d.steps), "N": .int(d.batch), "H": .int(d.hiddenSize), "depth": .int(depth),
        "reverse": .bool(d.direction == .reverse), "state": .local(8 * shape.groupRows * depth),
        "near": .local(shape.forwardIsLocal ? 16 * depth * d.hiddenSize : 16),
      ])
  }

  private func forwardStepwise(
    _ operation: RecurrentForward, _ gates: Tensor, _ mask: Tensor?
  ) throws(ComputeError) {
    let d = operation.descriptor
    let count = d.batch * d.hiddenSize
    let hidden = try makeTensor([d.batch, d.hiddenSize])
    let cell = try makeTensor([d.batch, d.hiddenSize])
    try launch(
      "lstm_step_begin", count: count,
      [
        "initial_hidden": .tensor(operation.initial?.hidden),
        "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
        "hidden": .tensor(hidden), "cell": .tensor(cell),
        "final_hidden": .tensor(operation.final?.hidden), "count": .int(count),
      ])
    for s in 0..<d.steps {
      let t = d.direction == .reverse ? d.steps - 1 - s : s
      if s > 0 || operation.initial != nil {
        try product(
          MatrixProduct(
            hidden, operation.weights.hidden, into: gates.step(t), transposeRight: true,
            accumulate: true),
          cutFrom: 512)
      }
      try launch(
        "lstm_step_forward", count: count,
        [
          "gates": .tensor(gates), "keeps_gates": .bool(operation.gates != nil),
          "hidden": .tensor(hidden), "cell": .tensor(cell), "mask": .tensor(mask),
          "lengths": .tensor(operation.lengths), "output": .tensor(operation.output),
          "final_hidden": .tensor(operation.final?.hidden), "cells": .tensor(operation.cells),
          "t": .int(t), "T": .int(d.steps), "N": .int(d.batch), "H": .int(d.hiddenSize),
        ])
    }
    if let final = operation.final { try execute(Copy(cell, to: final.cell)) }
  }
}
