import SluiceCompute
import SluicePlatform

/// Named tensors in one file, in the safetensors format, which PyTorch and others read and write.
///
/// The file is eight bytes with the length of a header, little-endian; the header, JSON; and the
/// tensors' elements, little-endian, row-major, without gaps. Tensors are written in the order
/// given, so the same tensors give the same bytes.
///
/// - SeeAlso: <https://huggingface.co/docs/safetensors>
public struct Safetensors: Equatable, Sendable {
  /// The elements of a tensor.
  public enum Values: Equatable, Sendable {
    /// Also what F64, F16 and BF16 become when read.
    case float32([Float])
    /// I32
    case int32([Int32])
    /// I64
    case int64([Int64])

    /// The number of elements.
    public var count: Int {
      switch self {
      case .float32(let values): values.count
      case .int32(let values): values.count
      case .int64(let values): values.count
      }
    }

    /// Whether none is NaN or infinite.
    package var areFinite: Bool {
      if case .float32(let values) = self { values.allSatisfy(\.isFinite) } else { true }
    }
  }

  /// One tensor of the file.
  public struct Tensor: Equatable, Sendable {
    /// Unique in the file.
    public let name: String
    /// The extents, outermost first.
    public let shape: Shape
    /// Row-major.
    public let values: Values

    /// - Precondition: as many values as the shape has elements.
    public init(_ name: String, _ shape: Shape, _ values: Values) {
      precondition(values.count == shape.count, "\(values.count) values for \(name) \(shape)")
      self.name = name
      self.shape = shape
      self.values = values
    }

    /// - Precondition: as many values as the shape has elements.
    public init(_ name: String, _ shape: Shape, _ values: [Float]) {
      self.init(name, shape, .float32(values))
    }
  }

  /// In the order of the file.
  public private(set) var tensors: [Tensor] = []
  /// Free text for the reader, such as `format`.
  public var metadata: [String: String]
  private var places: [String: Int] = [:]

  /// - Precondition: no two tensors share a name, and none is called `__metadata__`.
  public init(_ tensors: [Tensor] = [], metadata: [String: String] = [:]) {
    self.metadata = metadata
    for tensor in tensors { add(tensor) }
  }

  /// Adds a tensor behind the others.
  ///
  /// - Precondition: no other tensor has the name, and it is not `__metadata__`.
  public mutating func add(_ tensor: Tensor) {
    precondition(places[tensor.name] == nil, "two tensors named \(tensor.name)")
    precondition(tensor.name != Self.metadataKey, "a tensor named \(tensor.name)")
    places[tensor.name] = tensors.count
    tensors.append(tensor)
  }

  /// The tensor of this name.
  public subscript(name: String) -> Tensor? { places[name].map { tensors[$0] } }

  static let metadataKey = "__metadata__"
}

/// Why a file is not a usable safetensors file.
public struct SafetensorsError: SluiceError {
  /// Which file.
  public let file: String
  /// What went wrong.
  public let what: String
  /// What to do about it.
  public let remedy: String

  /// Each argument is the property of its name.
  public init(
    _ file: String, _ what: String,
    remedy: String = "The file is damaged or of another kind: copy or write it again"
  ) {
    self.file = file
    self.what = what
    self.remedy = remedy
  }

  public var place: String? { file }
}
