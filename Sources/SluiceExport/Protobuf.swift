/// A message of Protocol Buffers, written field by field: as much of the wire format as ONNX and TensorBoard
/// need. Fields are named by their numbers, which the definitions of the two formats give.
///
/// - SeeAlso: <https://protobuf.dev/programming-guides/encoding>
package struct ProtobufMessage: Equatable, Sendable {
  /// The message as it is written.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// How the value of a field is written.
  private enum Wire: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func key(_ field: Int, _ wire: Wire) {
    varint(UInt64(field) << 3 | wire.rawValue)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// `int32`, `int64`, `bool` or an enumeration.
  package mutating func add(_ field: Int, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// `float`
  package mutating func add(_ field: Int, _ value: Float) {
    key(field, .fixed32)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// `double`
  package mutating func add(_ field: Int, _ value: Double) {
    key(field, .fixed64)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// `bytes`
  package mutating func add(_ field: Int, _ value: [UInt8]) {
    key(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes += value
  }

  /// `string`
  package mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  /// A message within this one.
  package mutating func add(_ field: Int, _ value: ProtobufMessage) { add(field, value.bytes) }
}
