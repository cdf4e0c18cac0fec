import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: RecurrentBackward) throws(ComputeError) {
    let d = operation.descriptor
    let mask = try mask(operation.dropout, d)
    if let shape = persistentShape(d) {
      try backwardPersistent(operation, mask, shape)
    } else {
      try backwardStepwise(operation, mask)
    }
    guard let tokens = operation.tokens else {
      try weightGradients(operation, mask)
      if let gradient = operation.inputGradient {
        try inputGradient(operation, into: gradient, operation.accumulateInputGradient)
      }
      return
    }
    try weightGradients(operation, mask, withInput: false)
    try tokenGradients(operation, tokens)
  }

  private func inputGradient(
    _ operation: RecurrentBackward, into gradient: Tensor, _ accumulate: Bool
  ) throws(ComputeError) {
    try execute(
      MatrixProduct(
        operation.gates, operation.weights.input, into: gradient, accumulate: accumulate))
  }

  private func backwardPersistent(
    _ operation: RecurrentBackward, _ mask: Tensor?, _ shape: PersistentShape
  ) throws(ComputeError) {
    let d = operation.descriptor
    try launch(
      "lstm_persistent_backward", shape, batch: d.batch, isLocal: shape.backwardIsLocal,
      [
        "gates": .tensor(operation.gates), "weights": .tensor(operation.weights.hidden),
        "initial_cell": .tensor(operation.initial?.cell), "mask": .tensor(mask),
        "lengths": .tensor(operation.lengths), "cells": .tensor(operation.cells),
        "d_output": .tensor(operation.outputGradient),
        "d_final_hidden": .tensor(operation.finalGradient?.hidden),
        "d_final_cell": .tensor(operation.finalGradient?.cell),
        "d_initial_hidden": .tensor(operation.initialGradient?.hidden),
        "d_initial_cell": .tensor(operation.initialGradient?.cell), "T": .int(d.steps),
        "N": .int(d.batch), "H": .int(d.hiddenSize), "reverse": .bool(d.direction == .reverse),
        "state": .local(16 * shape.groupRows * d.hiddenSize),
        "near": .local(shape.backwardIsLocal ? 16 * d.hiddenSize * d.hiddenSize : 16),
      ])
  }

  private func backwardStepwise(_ operation: RecurrentBackward, _ mask: Tensor?)
    throws(ComputeError)
  {
    let d = operation.descriptor
    let count = d.batch * d.hiddenSize
    let hidden = try gradientState(operation.finalGradient?.hidden, d)
    let cell = try gradientState(operation.finalGradient?.cell, d)
    for s in 0..<d.steps {
      let t = d.direction == .reverse ? s : d.steps - 1 - s
      try launch(
        "lstm_step_backward", count: count,
        [
          "gates": .tensor(operation.gates), "d_hidden": .tensor(hidden),
          "d_cell": .tensor(cell), "initial_cell": .tensor(operation.initial?.cell),
          "lengths": .tensor(operation.lengths), "cells": .tensor(operation.cells),
          "d_output": .tensor(operation.outputGradient), "t": .int(t), "T": .int(d.steps),
          "N": .int(d.batch), "H": .int(d.hiddenSize), "reverse": .bool(d.direction == .reverse),
        ])
      guard s < d.steps - 1 || operation.initialGradient != nil else { continue }
      try product(
        MatrixProduct(
          operation.gates.step(t), operation.weights.hidden, into: hidden, accumulate: true),
        cutFrom: 512)
      guard let mask else { continue }
      try launch(
        "lstm_step_mask", count: count,
        [
          "d_hidden": .tensor(hidden), "mask": .tensor(mask),
          "lengths": .tensor(operation.lengths), "t": .int(t), "T": .int(d.steps),
          "N": .int(d.batch), "H": .int(d.hiddenSize),
        ])
    }
    guard let gradient = operation.initialGradient else { return }
    try execute(Copy(hidden, to: gradient.hidden))
    try execute(Copy(cell, to: gradient.cell))
  }

  /// A copy of the final state's gradient; zero where there is none.
  private func gradientState(_ given: Tensor?, _ d: RecurrentDescriptor) throws(ComputeError)
    -> Tensor
  {
    let state = try makeTensor([d.batch, d.hiddenSize])
    if let given {
      try execute(Copy(given, to: state))
    } else {
      try execute(Fill(state, with: 0))
    }
    return state
  }

  /// All weight gradients as one product over all steps: the gates' gradients times what stood
  /// before the gates, which is the input (if wanted) and the hidden state. What the biases get is the
  /// sum of the gates' gradients, which it adds up on its way.
  private func weightGradients(
    _ operation: RecurrentBackward, _ mask: Tensor?, withInput: Bool = true
  ) throws(ComputeError) {
    let d = operation.descriptor
    let input = withInput ? operation.input : nil
    let inputSize = withInput ? d.inputSize : 0
    let (gateCount, width) = (4 * d.hiddenSize, inputSize + d.hiddenSize)
    let rowCount = d.steps * d.batch
    let plan =
      tile.map { ProductPlan(trying: $0, depth: rowCount) }
      ?? ProductPlan(joined: gateCount, width, depth: rowCount)
    let partials = try makeTensor([plan.parts, gateCount, width + 1])
    let initial = operation.initial?.hidden
    var options = options(of: plan.tile)
    options["TRANSPOSE_LEFT"] = 1
    options["RECURRENT"] = 1
    options["ACTIVATION"] = Activation.identity.code
    options["INITIAL"] = initial == nil ? 0 : 1
    options["LENGTHS"] = operation.lengths == nil ? 0 : 1
    options["MASK"] = mask == nil ? 0 : 1
    options["LEFT_WIDTH"] = plan.tile.leftWidth(operation.gates, [gateCount])
    let sizes = [inputSize, d.hiddenSize]
    options["RIGHT_WIDTH"] = min(
      plan.tile.rightWidth(operation.output, sizes),
      input.map { plan.tile.rightWidth($0, sizes) } ?? 4)
    options["OUTPUT_WIDTH"] = plan.tile.outputWidth(nil, width)
    let start: KernelArguments = initial.map { ["initial": .tensor($0)] } ?? [:]
    let lengths: KernelArguments = operation.lengths.map { ["lengths": .tensor($0)] } ?? [:]
    let factors: KernelArguments = mask.map { ["mask": .tensor($0)] } ?? [:]
    try launch(
      KernelName("matrix_product", options),
      groups: plan.tile.groups(gateCount, width) + [plan.parts], local: plan.tile.local,
      [
        "left": .tensor(operation.gates), "right": .tensor(input), "output": .tensor(nil),
        "bias": .tensor(nil), "bias2": .tensor(nil), "partials": .tensor(partials),
        "M": .int(gateCount), "N": .int(width), "K": .int(rowCount),
        "part_depth": .int(plan.partDepth), "scale": .float(1), "accumulate": .bool(false),
        "hidden": .tensor(operation.output), "batch": .int(d.batch), "C": .int(inputSize),
        "reverse": .bool(d.direction == .reverse),
      ] + start + lengths + factors)
    let gradients = operation.weightGradients
    try launch(
      "recurrent_gradients_join", count: gateCount * (width + 1),
      [
        "partials": .tensor(partials), "parts": .int(plan.parts),
        "d_input_weight": .tensor(gradients.input), "d_hidden_weight": .tensor(gradients.hidden),
        "d_input_bias": .tensor(gradients.inputBias),
        "d_hidden_bias": .tensor(gradients.hiddenBias), "C": .int(inputSize),
        "H": .int(d.hiddenSize),
      ])
  }
}
