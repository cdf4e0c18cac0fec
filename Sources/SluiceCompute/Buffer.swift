/// What one element of a buffer is.
public enum ElementType: String, Hashable, Sendable {
  /// IEEE 754 binary32.
  case float32
  /// Two's complement, used for indices, lengths and classes.
  case int32

  /// The size of one element in bytes.
  public var byteCount: Int { 4 }
}

/// A Swift type that a buffer can hold.
public protocol BufferElement: BitwiseCopyable, Sendable {
  /// What a buffer of such elements holds.
  static var elementType: ElementType { get }
}

extension Float: BufferElement {
  /// `float32`
  public static var elementType: ElementType { .float32 }
}

extension Int32: BufferElement {
  /// `int32`
  public static var elementType: ElementType { .int32 }
}

/// A piece of one device's memory. A back end makes its own kind; nothing above it looks inside.
///
/// A buffer lives as long as something holds it; letting go of it hands its memory back to the
/// back end's pool. Work already enqueued on it keeps it alive.
public protocol Buffer: AnyObject {
  /// The number of elements.
  var count: Int { get }
  /// What the elements are.
  var elementType: ElementType { get }
  /// The back end that made the buffer; no other one may use it.
  var owner: ObjectIdentifier { get }
}
