import SluiceCompute

/// Hands everything on to another back end and counts how often the host waits for it.
final class CountingBackend: BackendDecorator {
  let inner: any Backend
  private(set) var waits = 0

  init(_ inner: any Backend) { self.inner = inner }

  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    waits += 1
    try inner.read(tensor, into: bytes)
  }

  func synchronize() throws(ComputeError) {
    waits += 1
    try inner.synchronize()
  }
}
