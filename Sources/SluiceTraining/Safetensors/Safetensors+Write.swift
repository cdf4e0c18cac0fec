import SluicePlatform

extension Safetensors {
  /// The bytes of the file.
  ///
  /// - Complexity: O(bytes).
  public func encoded() -> [UInt8] {
    var header = "{"
    if !metadata.isEmpty {
      let entries = metadata.sorted { $0.key < $1.key }.map {
        "\(Self.quoted($0.key)):\(Self.quoted($0.value))"
      }
      header += "\(Self.quoted(Self.metadataKey)):{\(entries.joined(separator: ","))}"
    }
    var position = 0
    for tensor in tensors {
      let size = tensor.values.count * tensor.values.elementSize
      let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
      if header.count > 1 { header += "," }
      header += "\(Self.quoted(tensor.name)):{\"dtype\":\"\(tensor.values.typeName)\","
      header += "\"shape\":[\(shape)],\"data_offsets\":[\(position),\(position + size)]}"
      position += size
    }
    header += "}"
    var text = Array(header.utf8)
    // Elements start on a multiple of 8, so that a reader may map the file.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + position)
    Self.append([UInt64(text.count)], to: &bytes)
    bytes += text
    for tensor in tensors {
      switch tensor.values {
      case .float32(let values): Self.append(values.map(\.bitPattern), to: &bytes)
      case .int32(let values): Self.append(values, to: &bytes)
      case .int64(let values): Self.append(values, to: &bytes)
      }
    }
    return bytes
  }

  /// Writes the file, whole or not at all.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    try AtomicFile.write(encoded(), to: path)
  }

  private static func append<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Integer], to bytes: inout [UInt8]
  ) {
    #if _endian(little)
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #else
      values.map(\.littleEndian).withUnsafeBytes { bytes.append(contentsOf: $0) }
    #endif
  }

  /// A JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Safetensors.Values {
  var typeName: String {
    switch self {
    case .float32: "F32"
    case .int32: "I32"
    case .int64: "I64"
    }
  }

  var elementSize: Int {
    switch self {
    case .float32, .int32: 4
    case .int64: 8
    }
  }
}
