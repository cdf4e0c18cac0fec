import SluiceCompute

extension CPUBackend {
  public func execute(_ operation: LinearBackward) throws(ComputeError) {
    try operation.inParts(on: self)
  }
}
