import SluiceCompute

/// A buffer without memory: enough to make views of and to check operations.
final class HostBuffer: Buffer {
  let count: Int
  let elementType: ElementType
  var owner: ObjectIdentifier { ObjectIdentifier(HostBuffer.self) }

  init(_ count: Int, _ elementType: ElementType = .float32) {
    self.count = count
    self.elementType = elementType
  }
}

/// A contiguous float32 view of a buffer of its own.
func floats(_ shape: Shape) -> Tensor {
  Tensor(buffer: HostBuffer(shape.count), shape: shape)
}

/// A contiguous int32 view of a buffer of its own.
func integers(_ shape: Shape) -> Tensor {
  Tensor(buffer: HostBuffer(shape.count, .int32), shape: shape)
}

/// A view of a matrix that is two columns wider on its right.
func strided(_ shape: Shape) -> Tensor {
  let wide = floats(Shape(shape.dimensions.dropLast() + [shape.columns + 2]))
  return wide.columns(0..<shape.columns)
}

/// A view that reaches one element past its buffer.
func short(_ shape: Shape) -> Tensor {
  Tensor(buffer: HostBuffer(shape.count - 1), shape: shape)
}

/// The code that the operation's check fails with; nil where it passes.
func failure(_ operation: some Operation) -> ComputeError.Code? {
  do throws(ComputeError) {
    try operation.validate()
    return nil
  } catch {
    return error.code
  }
}
