/// One piece of work for a device: a value that names its tensors and says what is to be done.
///
/// The list of operations is the whole vocabulary between the layers and the back ends. Each one
/// checks itself, once, before any back end sees it, so that all of them fail alike.
public protocol Operation {
  /// As it stands in logs and profiles, for example `matrix product`.
  static var name: String { get }

  /// Checks extents, strides and element types.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch` or `.invalidArgument`.
  func validate() throws(ComputeError)

  /// Hands itself to the back end's `execute(_:)` of its own type.
  func dispatch(to backend: any Backend) throws(ComputeError)
}

extension Backend {
  /// Checks an operation and enqueues it.
  ///
  /// - Throws: What its `validate()` and the back end throw; ``ComputeError`` with `.cancelled`.
  /// - Note: Enqueues; `synchronize()` or `read` waits.
  public func enqueue(_ operation: some Operation) throws(ComputeError) {
    try operation.validate()
    guard let isCancelled else { return try operation.dispatch(to: self) }
    if !isCancelled() { try operation.dispatch(to: self) }
    // What it has made may be a part.
    if isCancelled() { throw ComputeError(.cancelled, "stopped as asked") }
  }
}
