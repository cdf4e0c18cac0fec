import SluiceCPUInterface
import SluiceCompute

extension VectorFunction {
  init(_ activation: Activation) {
    switch activation {
    case .identity: self = .identity
    case .sigmoid: self = .sigmoid
    case .tanh: self = .tanh
    case .relu: self = .relu
    }
  }
}

extension CPUBackend {
  public func execute(_ operation: Fill) throws(ComputeError) {
    var value = operation.value
    if operation.output.elementType == .int32 {
      guard let whole = Int32(exactly: value.rounded(.towardZero)) else {
        throw ComputeError(.invalidArgument, "\(value) does not fit an int32")
      }
      // Kernels move four bytes, whatever they mean.
      value = Float(bitPattern: UInt32(bitPattern: whole))
    }
    let tile = FillTile(
      output: FloatRows(
        try anyElements(operation.output), stride: operation.output.rowStride),
      columns: operation.output.columns, rows: 0..<0, value: value)
    forFlatRows(operation.output) { rows, columns, stride in
      var tile = tile
      tile.columns = columns
      tile.output.stride = stride
      tile.rows = rows
      self.kernels.fill(tile)
    }
  }

  public func execute(_ operation: Copy) throws(ComputeError) {
    let output = operation.output
    let tile = CopyTile(
      input: try rows(operation.input), inputRows: operation.input.rows, output: try rows(output),
      columns: output.columns, rows: 0..<0, accumulate: operation.accumulate)
    forRows(output.rows, columns: output.columns) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.copy(tile)
    }
  }

  public func execute(_ operation: LinearCombination) throws(ComputeError) {
    let input = try floats(operation.input)
    let output = try floats(operation.output)
    forRows(operation.output.count, columns: 1) { range in
      self.kernels.combine(
        CombineTile(
          input: input + range.lowerBound, inputScale: operation.inputScale,
          output: output + range.lowerBound, outputScale: operation.outputScale,
          count: range.count))
    }
  }

  public func execute(_ operation: ActivationForward) throws(ComputeError) {
    let tile = ActivationTile(
      function: VectorFunction(operation.activation), input: try rows(operation.input),
      output: try rows(operation.output), columns: operation.output.columns, rows: 0..<0)
    forRows(operation.output.rows, columns: tile.columns) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.activate(tile)
    }
  }

  public func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let tile = ActivationGradientTile(
      function: VectorFunction(operation.activation), output: try rows(operation.output),
      outputGradient: try rows(operation.outputGradient),
      inputGradient: try rows(operation.inputGradient), columns: operation.output.columns,
      rows: 0..<0, accumulate: operation.accumulate)
    forRows(operation.output.rows, columns: tile.columns) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.differentiate(tile)
    }
  }

  public func execute(_ operation: Dropout) throws(ComputeError) {
    let input = try rows(operation.input)
    let output = try rows(operation.output)
    dropout(
      input, output, rows: operation.output.rows, columns: operation.output.columns,
      rate: operation.rate, stream: operation.stream,
      period: operation.period ?? max(1, operation.output.count), accumulate: operation.accumulate)
  }

  func dropout(
    _ input: FloatRows, _ output: FloatRows, rows count: Int, columns: Int, rate: Float,
    stream: RandomStream, period: Int, accumulate: Bool
  ) {
    let tile = DropoutTile(
      input: input, output: output, columns: columns, rows: 0..<0, accumulate: accumulate,
      threshold: Dropout.threshold(rate: rate), scale: 1 / (1 - rate), period: period,
      key: stream.key, step: stream.step, stream: stream.stream)
    forRows(count, columns: columns, elements: 4096) { rows in
      var tile = tile
      tile.rows = rows
      self.kernels.dropout(tile)
    }
  }

  /// The elements of a tensor of either type, to be moved as they are.
  func anyElements(_ tensor: Tensor) throws(ComputeError) -> Floats {
    guard tensor.elementType == .int32 else { return try floats(tensor) }
    return UnsafeMutableRawPointer(try integers(tensor)).assumingMemoryBound(to: Float.self)
  }

  /// Tiles of a tensor's rows; a contiguous one is cut regardless of its rows.
  private func forFlatRows(
    _ tensor: Tensor, _ body: (_ rows: Range<Int>, _ columns: Int, _ stride: Int) -> Void
  ) {
    if tensor.isContiguous && tensor.count % 64 == 0 {
      forRows(tensor.count / 64, columns: 64) { body($0, 64, 64) }
    } else {
      forRows(tensor.rows, columns: tensor.columns) { body($0, tensor.columns, tensor.rowStride) }
    }
  }
}
