import SluiceCompute
import SluicePlatform

extension Safetensors {
  /// Reads a file. Whatever it holds, the result is its tensors or an error.
  ///
  /// - Throws: `FileError` or ``SafetensorsError``.
  public init(contentsOf path: String) throws {
    try self.init(decoding: FileReader.bytes(of: path), file: path)
  }

  /// Decodes the bytes of a file; `file` is its name for messages.
  ///
  /// - Throws: ``SafetensorsError``.
  /// - Complexity: O(bytes).
  public init(decoding bytes: [UInt8], file: String) throws {
    guard bytes.count >= 8 else {
      throw SafetensorsError(file, "\(bytes.count) bytes are too few for a safetensors file")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= UInt64(bytes.count - 8) else {
      throw SafetensorsError(
        file, "the header is said to be \(length) bytes long, in a file of \(bytes.count)")
    }
    let start = 8 + Int(length)
    guard let text = String(validating: bytes[8..<start], as: UTF8.self) else {
      throw SafetensorsError(file, "the header is not UTF-8")
    }
    var parser = SafetensorsHeader(text, file: file)
    let entries = try parser.parse()
    self.init(metadata: parser.metadata)

    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == end, entry.end >= entry.begin, entry.end <= bytes.count - start else {
        throw SafetensorsError(
          file,
          "tensor \"\(entry.name)\" lies at \(entry.begin)..<\(entry.end) of \(bytes.count - start)"
            + " bytes, where \(end) comes next")
      }
      end = entry.end
    }
    guard end == bytes.count - start else {
      throw SafetensorsError(file, "\(bytes.count - start - end) bytes belong to no tensor")
    }
    for entry in entries {
      let values = try Self.values(of: entry, in: bytes[start...], file: file)
      add(Tensor(entry.name, Shape(entry.shape), values))
    }
  }

  private static func values(
    of entry: SafetensorsHeader.Entry, in bytes: ArraySlice<UInt8>, file: String
  ) throws -> Values {
    let size: Int
    switch entry.type {
    case "F64", "I64": size = 8
    case "F32", "I32": size = 4
    case "F16", "BF16": size = 2
    default:
      throw SafetensorsError(
        file, "tensor \"\(entry.name)\" is of the type \(entry.type)",
        remedy: "Convert it to F32, F64, F16, BF16, I32 or I64")
    }
    var count = 1
    for extent in entry.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw SafetensorsError(
          file, "tensor \"\(entry.name)\" is larger than can be: \(entry.shape)")
      }
      count = product
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, byteCount == entry.end - entry.begin else {
      throw SafetensorsError(
        file,
        "tensor \"\(entry.name)\" of the shape \(entry.shape) and type \(entry.type) has "
          + "\(entry.end - entry.begin) bytes")
    }
    let place = bytes.startIndex + entry.begin
    return bytes.withUnsafeBytes { buffer in
      let base = UnsafeRawBufferPointer(
        rebasing: buffer[(place - bytes.startIndex)..<(place - bytes.startIndex + byteCount)])
      func load<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) -> [Integer] {
        [Integer](unsafeUninitializedCapacity: count) { values, filled in
          UnsafeMutableRawBufferPointer(values).copyMemory(from: base)
          for i in 0..<count { values[i] = Integer(littleEndian: values[i]) }
          filled = count
        }
      }
      switch entry.type {
      case "I64": return .int64(load(Int64.self))
      case "I32": return .int32(load(Int32.self))
      case "F32": return .float32(load(UInt32.self).map { Float(bitPattern: $0) })
      case "F64": return .float32(load(UInt64.self).map { Float(Double(bitPattern: $0)) })
      case "F16": return .float32(load(UInt16.self).map(Float.init(halfBits:)))
      default: return .float32(load(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) })
      }
    }
  }
}

extension Float {
  /// The value of an IEEE 754 binary16.
  init(halfBits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      self = sign == 0 ? magnitude : -magnitude
    case 31:
      self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default:
      self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
