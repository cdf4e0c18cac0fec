extension Variable: CustomStringConvertible {
  /// Element type and shape of the value, and whether a gradient is wanted. The values lie on the
  /// device: `backend.text(of: variable.value)` reads them.
  public var description: String {
    needsGradient ? "\(value), with a gradient" : value.description
  }
}
