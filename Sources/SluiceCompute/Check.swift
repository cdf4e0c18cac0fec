/// The checks that operations are made of. One wording for all back ends.
enum Check {
  /// Throws `.shapeMismatch` unless `condition` holds.
  static func that(_ condition: Bool, _ what: @autoclosure () -> String) throws(ComputeError) {
    if !condition { throw ComputeError(.shapeMismatch, "shapes do not fit: \(what())") }
  }

  /// Throws `.invalidArgument` unless `condition` holds.
  static func argument(_ condition: Bool, _ what: @autoclosure () -> String) throws(ComputeError) {
    if !condition { throw ComputeError(.invalidArgument, what()) }
  }

  /// Every tensor given holds float32 and lies within its buffer.
  static func floats(_ tensors: [(String, Tensor?)]) throws(ComputeError) {
    for case (let name, let tensor?) in tensors { try inBounds(name, tensor, .float32) }
  }

  /// Every tensor given holds int32, is contiguous and lies within its buffer.
  static func indices(_ tensors: [(String, Tensor?)]) throws(ComputeError) {
    for case (let name, let tensor?) in tensors {
      try inBounds(name, tensor, .int32)
      try that(tensor.isContiguous, "\(name) \(tensor.shape) must be contiguous")
    }
  }

  /// The tensor has exactly this shape.
  static func shape(_ name: String, _ tensor: Tensor?, _ shape: Shape) throws(ComputeError) {
    guard let tensor else { return }
    try that(tensor.shape == shape, "\(name) is \(tensor.shape), should be \(shape)")
  }

  /// The tensor's rows touch.
  static func contiguous(_ name: String, _ tensor: Tensor?) throws(ComputeError) {
    guard let tensor else { return }
    try that(tensor.isContiguous, "\(name) \(tensor.shape) must be contiguous")
  }

  private static func inBounds(_ name: String, _ tensor: Tensor, _ type: ElementType)
    throws(ComputeError)
  {
    try that(tensor.elementType == type, "\(name) holds \(tensor.elementType), should be \(type)")
    try that(
      tensor.shape.dimensions.allSatisfy { $0 >= 0 } && tensor.rowStride >= tensor.columns,
      "\(name) \(tensor.shape) with rows \(tensor.rowStride) apart")
    try that(
      tensor.offset >= 0 && tensor.end <= tensor.buffer.count,
      "\(name) \(tensor.shape) at \(tensor.offset) reaches past its buffer of \(tensor.buffer.count)"
    )
  }
}
