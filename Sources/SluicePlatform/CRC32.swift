/// A cyclic redundancy check of 32 bits, bits in reflected order.
package struct CRC32: Sendable {
  /// Castagnoli's polynomial, of RFC 3720.
  package static let castagnoli = CRC32(0x82F6_3B78)
  /// That of IEEE 802.3, which zip archives have.
  package static let ethernet = CRC32(0xEDB8_8320)

  private let table: [UInt32]

  private init(_ polynomial: UInt32) {
    table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? polynomial : 0) }
    }
  }

  /// - Complexity: O(bytes).
  package func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }
}
