extension Backend {
  /// Allocates a contiguous tensor. What it holds is undefined.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  public func makeTensor(_ shape: Shape, _ elementType: ElementType = .float32)
    throws(ComputeError) -> Tensor
  {
    let buffer = try makeBuffer(count: max(1, shape.count), elementType: elementType)
    return Tensor(buffer: buffer, shape: shape)
  }

  /// Allocates a contiguous tensor and fills it with `values`.
  public func makeTensor<Element: BufferElement>(_ shape: Shape, _ values: [Element])
    throws(ComputeError) -> Tensor
  {
    let tensor = try makeTensor(shape, Element.elementType)
    try write(values, to: tensor)
    return tensor
  }

  /// Copies host values to a contiguous tensor of as many elements.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch`.
  public func write<Element: BufferElement>(_ values: [Element], to tensor: Tensor)
    throws(ComputeError)
  {
    try checkHostCopy(of: values.count, Element.elementType, tensor)
    let result: Result<Void, ComputeError> = values.withUnsafeBytes { bytes in
      do throws(ComputeError) {
        return .success(try write(bytes, to: tensor))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Waits for the device and copies a contiguous tensor to the host.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.deviceFailure`.
  public func read<Element: BufferElement>(_ tensor: Tensor, as type: Element.Type = Float.self)
    throws(ComputeError) -> [Element]
  {
    try checkHostCopy(of: tensor.count, Element.elementType, tensor)
    var failure: ComputeError?
    let values = [Element](unsafeUninitializedCapacity: tensor.count) { storage, count in
      do throws(ComputeError) {
        let bytes = UnsafeMutableRawBufferPointer(
          start: storage.baseAddress, count: tensor.count * MemoryLayout<Element>.stride)
        try read(tensor, into: bytes)
        count = tensor.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  private func checkHostCopy(of count: Int, _ type: ElementType, _ tensor: Tensor)
    throws(ComputeError)
  {
    guard tensor.isContiguous, tensor.count == count, tensor.elementType == type else {
      throw ComputeError(
        .shapeMismatch,
        "\(count) values of \(type) do not fit the \(tensor.elementType) tensor \(tensor.shape)")
    }
  }
}
