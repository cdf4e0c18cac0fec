/// FNV-1a with 64 bits: finds damage, not malice.
package enum Checksum {
  /// - Parameter seed: what the hash begins with.
  /// - Complexity: O(bytes).
  package static func hash(_ bytes: [UInt8], seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    bytes.withUnsafeBytes { buffer in
      var hash = seed
      for byte in buffer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return hash
    }
  }

  /// - Complexity: O(bytes).
  package static func hexadecimal(of bytes: [UInt8]) -> String { hexadecimal(hash(bytes)) }

  /// All 16 digits.
  package static func hexadecimal(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
