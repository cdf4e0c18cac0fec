extension Tensor: CustomStringConvertible {
  /// Shape and element type: `float32 [32, 3]`. The values lie on the device; reading them waits, so it
  /// has to be asked for: ``Backend/text(of:limit:)``.
  public var description: String { "\(elementType.rawValue) \(shape)" }
}

extension Backend {
  /// A tensor with its values, for a person to read: rows in brackets, and `…` where something is left
  /// out.
  ///
  /// ```
  /// float32 [4, 3]
  /// [[0.5, -1.25, 0.03125],
  ///  [0.125, 2.0, 1.5],
  ///  …]
  /// ```
  ///
  /// - Parameter limit: How many entries of each dimension are shown, at least 1.
  /// - Throws: ``ComputeError`` with `.deviceFailure`.
  /// - Note: Waits for the device.
  public func text(of tensor: Tensor, limit: Int = 6) throws(ComputeError) -> String {
    guard tensor.count > 0 else { return "\(tensor)\n[]" }
    // All between the first element and the last, gaps between the rows too: whatever the strides, this
    // is one piece of memory.
    let piece = Tensor(
      buffer: tensor.buffer, offset: tensor.offset, shape: [tensor.end - tensor.offset])
    let elements: [String]
    switch tensor.elementType {
    case .float32: elements = try read(piece, as: Float.self).map(\.description)
    case .int32: elements = try read(piece, as: Int32.self).map(\.description)
    }
    return "\(tensor)\n" + tensor.text(of: elements, row: 0, axis: 0, limit: max(1, limit))
  }
}

extension Tensor {
  /// The entries of one dimension, from innermost row `row` on.
  fileprivate func text(of elements: [String], row: Int, axis: Int, limit: Int) -> String {
    guard axis < shape.rank else { return elements[0] }
    let isInnermost = axis == shape.rank - 1
    // How many innermost rows an entry of this dimension holds.
    let rows = shape.dimensions[(axis + 1)...].dropLast().reduce(1, *)
    var entries = (0..<min(limit, shape[axis])).map { index in
      isInnermost
        ? elements[row * rowStride + index]
        : text(of: elements, row: row + index * rows, axis: axis + 1, limit: limit)
    }
    if shape[axis] > limit { entries.append("…") }
    let separator = isInnermost ? ", " : ",\n" + String(repeating: " ", count: axis + 1)
    return "[" + entries.joined(separator: separator) + "]"
  }
}
