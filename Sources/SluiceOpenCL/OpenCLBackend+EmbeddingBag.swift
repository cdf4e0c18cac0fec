import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    let (table, output) = (operation.table, operation.output)
    guard output.count > 0 else { return }
    _ = try int(table.count)
    try launch(
      KernelName("embedding_bag", "embedding_bag_forward"), groups: [output.rows], local: [64],
      [.tensor(table), .int(table.rows), .int(table.columns)]
        + arguments(operation.features, operation.documents) + [
          .rows(output), .float(operation.scale), .bool(operation.accumulate), .memory(fault),
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
      KernelName("embedding_bag", "embedding_bag_backward"),
      groups: [(table.rows + size - 1) / size], local: [64],
      [.rows(gradient)] + arguments(operation.features, operation.documents) + [
        .int(operation.documents.count), .tensor(table), .int(table.rows), .int(table.columns),
        .int(size), .float(operation.scale), .memory(fault),
      ])
  }

  private func arguments(_ features: SparseTensor, _ documents: Tensor) -> [KernelArgument] {
    [
      .tensor(features.offsets), .int(features.offsets.count - 1), .tensor(features.indices),
      .int(features.indices.count), .tensor(features.values), .tensor(documents),
    ]
  }
}
