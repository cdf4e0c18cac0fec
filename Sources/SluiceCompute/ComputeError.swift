import SluicePlatform

/// Why an operation could not be carried out, in words that tell the user what to do.
public struct ComputeError: SluiceError {
  /// The kind of failure, for programs to act on.
  public enum Code: String, Sendable {
    /// Extents, strides or element types do not fit together.
    case shapeMismatch
    /// An index, length or class lies outside what it points into.
    case indexOutOfRange
    /// A parameter of the operation makes no sense (a dropout rate of 1, a batch of 0).
    case invalidArgument
    /// The device has not enough memory.
    case outOfMemory
    /// The device lacks something that the operation needs.
    case unsupported
    /// There is no such device.
    case noDevice
    /// The device or its driver failed.
    case deviceFailure
    /// Somebody asked to stop: see ``Backend/isCancelled``.
    case cancelled
  }

  /// The kind of failure.
  public let code: Code
  /// What went wrong, with names and numbers.
  public let what: String
  /// What to do about it; empty where nothing can be said.
  public let remedy: String
  /// What lies beneath: a driver's status by name, the call, a build log.
  public let cause: String?

  /// Each argument is the property of its name.
  public init(_ code: Code, _ what: String, remedy: String = "", cause: String? = nil) {
    self.code = code
    self.what = what
    self.remedy = remedy
    self.cause = cause
  }

  public var description: String {
    var text = what
    if let cause { text += " (\(cause))" }
    if !remedy.isEmpty { text += ". \(remedy)" }
    return text
  }
}
