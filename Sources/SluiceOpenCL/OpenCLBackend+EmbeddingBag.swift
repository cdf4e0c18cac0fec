import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    let (table, output) = (operation.table, operation.output)
    guard output.count > 0 else { return }
    _ = try int(table.count)
    try launch(
      "embedding_bag_forward", groups: [output.rows], local: [64],
      [
        "table": .tensor(table), "limit": .int(table.rows), "columns": .int(table.columns),
      ] + arguments(operation.features, operation.documents) + [
        "addend": .tensor(operation.addend), "output": .tensor(output),
        "scale": .float(operation.scale),
      ])
  }

  public func execute(_ operation: EmbeddingBagBackward) throws(ComputeError) {
    let (table, gradient) = (operation.tableGradient, operation.outputGradient)
    guard table.count > 0, gradient.count > 0 else { return }
    _ = try int(table.count)
    // Enough groups for the device. How many does not change a bit of the result.
    let parts = max(64, min(1024, 8 * device.computeUnits))
    let size = (table.rows + parts - 1) / parts
    try launch(
      "embedding_bag_backward", groups: [(table.rows + size - 1) / size], local: [64],
      ["d_output": .tensor(gradient)] + arguments(operation.features, operation.documents) + [
        "batch": .int(operation.documents.count), "d_table": .tensor(table),
        "limit": .int(table.rows), "columns": .int(table.columns), "size": .int(size),
        "scale": .float(operation.scale),
      ])
  }

  private func arguments(_ features: SparseTensor, _ documents: Tensor) -> KernelArguments {
    [
      "offsets": .tensor(features.offsets), "count": .int(features.offsets.count - 1),
      "indices": .tensor(features.indices), "total": .int(features.indices.count),
      "values": .tensor(features.values), "documents": .tensor(documents),
    ]
  }
}
