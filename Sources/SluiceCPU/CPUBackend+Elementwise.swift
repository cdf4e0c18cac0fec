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

extension DropoutWords {
  init(rate: Float, _ stream: RandomStream) {
    self.init(
      threshold: Dropout.threshold(rate: rate),
      key: SIMD2(
        UInt32(truncatingIfNeeded: stream.seed), UInt32(truncatingIfNeeded: stream.seed >> 32)),
      step: stream.step, stream: stream.stream)
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
    let start = try anyElements(operation.output)
    forFlatRows(operation.output) { rows, columns, stride in
      self.kernels.fill(
        FloatRows(start, stride: stride), columns: columns, rows: rows, with: value)
    }
  }

  public func execute(_ operation: Copy) throws(ComputeError) {
    let output = operation.output
    let (from, to) = (try rows(operation.input), try rows(output))
    forRows(output.rows, columns: output.columns) { rows in
      self.kernels.copy(
        from, inputRows: operation.input.rows, into: to, columns: output.columns, rows: rows,
        accumulate: operation.accumulate)
    }
  }

  public func execute(_ operation: LinearCombination) throws(ComputeError) {
    let input = try floats(operation.input)
    let output = try floats(operation.output)
    forRows(operation.output.count, columns: 1) { range in
      self.kernels.combine(
        input + range.lowerBound, scale: operation.inputScale, into: output + range.lowerBound,
        outputScale: operation.outputScale, count: range.count)
    }
  }

  public func execute(_ operation: ActivationForward) throws(ComputeError) {
    let function = VectorFunction(operation.activation)
    let (input, output) = (try rows(operation.input), try rows(operation.output))
    let columns = operation.output.columns
    forRows(operation.output.rows, columns: columns) { rows in
      self.kernels.activate(function, input, into: output, columns: columns, rows: rows)
    }
  }

  public func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let function = VectorFunction(operation.activation)
    let output = try rows(operation.output)
    let outputGradient = try rows(operation.outputGradient)
    let inputGradient = try rows(operation.inputGradient)
    let columns = operation.output.columns
    forRows(operation.output.rows, columns: columns) { rows in
      self.kernels.differentiate(
        function, output: output, outputGradient: outputGradient, into: inputGradient,
        columns: columns, rows: rows, accumulate: operation.accumulate)
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
    let words = DropoutWords(rate: rate, stream)
    forRows(count, columns: columns, elements: 4096) { rows in
      self.kernels.dropout(
        input, into: output, columns: columns, rows: rows, words: words, scale: 1 / (1 - rate),
        period: period, accumulate: accumulate)
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
