/// The cyclic redundancy check with Castagnoli's polynomial, of RFC 3720.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0x82F6_3B78 : 0) }
  }

  /// - Complexity: O(bytes).
  package static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// As records of TensorFlow hold it: turned, and moved by a constant.
  package static func masked(_ bytes: [UInt8]) -> UInt32 {
    let check = of(bytes)
    return (check >> 15 | check << 17) &+ 0xA282_EAD8
  }
}
