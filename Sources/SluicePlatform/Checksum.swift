/// FNV-1a with 64 bits: finds damage, not malice.
package enum Checksum {
  /// - Complexity: O(bytes).
  package static func hexadecimal(of bytes: [UInt8]) -> String {
    let hash = bytes.withUnsafeBytes { buffer in
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in buffer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return hash
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
