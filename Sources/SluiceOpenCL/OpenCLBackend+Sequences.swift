import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: GatherSequences) throws(ComputeError) {
    let output = operation.output
    let stream = operation.dropout?.stream ?? RandomStream(seed: 0, stream: 0)
    try launch(
      KernelName("gather", "gather_sequences"), count: (output.count + 3) / 4,
      [
        .tensor(operation.source), .int(operation.source.count), .tensor(operation.offsets),
        .int(operation.offsets.count - 1), .tensor(operation.documents), .tensor(output),
        .tensor(operation.lengths), .int(output.shape[0]), .int(output.shape[1]),
        .int(Int(operation.padding)), .int(Int(operation.dropout?.replacement ?? 0)),
        .word(operation.dropout.map { Dropout.threshold(rate: $0.rate) } ?? 0),
      ] + streamArguments(stream) + [.memory(fault)])
  }
}
