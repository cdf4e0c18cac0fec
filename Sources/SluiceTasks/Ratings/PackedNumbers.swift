import Foundation
import SluiceTables

/// Numbers as bytes, for files: in JSON they become base64.
enum PackedNumbers {
  /// Whole numbers from 0 on, seven bits to a byte, the lowest first: small ones take one byte.
  static func data(of values: some Sequence<UInt64>) -> Data {
    var data = Data()
    for value in values {
      var rest = value
      while rest >= 0x80 {
        data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      data.append(UInt8(rest))
    }
    return data
  }

  /// Nil where the bytes are not such numbers.
  static func values(of data: Data) -> [UInt64]? {
    var values: [UInt64] = []
    var value: UInt64 = 0
    var shift: UInt64 = 0
    for byte in data {
      guard shift < 64 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 {
        values.append(value)
        value = 0
        shift = 0
      } else {
        shift += 7
      }
    }
    return shift == 0 ? values : nil
  }

  /// The bits of floating-point numbers, little-endian.
  static func data(of values: [Float]) -> Data {
    PackedIntegers.data(of: values.map(\.bitPattern))
  }

  static func floats(of data: Data) -> [Float] {
    PackedIntegers.values(of: data).map { Float(bitPattern: $0) }
  }
}
