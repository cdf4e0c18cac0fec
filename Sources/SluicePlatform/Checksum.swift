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

  /// The bytes of a file that holds its own checksum: of the file with sixteen zeros in that place.
  ///
  /// - Parameter field: What stands directly before its digits, where it stands first.
  /// - Returns: Nil where there is no such place.
  /// - Complexity: O(bytes).
  package static func signed(_ bytes: [UInt8], behind field: String) -> [UInt8]? {
    let mark = Array(field.utf8)
    let found = bytes.indices.dropLast(mark.count + 15).first {
      bytes[$0] == mark[0] && bytes[$0...].starts(with: mark)
    }
    guard let found else { return nil }
    let place = (found + mark.count)..<(found + mark.count + 16)
    var signed = bytes
    signed.replaceSubrange(place, with: noChecksum.utf8)
    signed.replaceSubrange(place, with: hexadecimal(of: signed).utf8)
    return signed
  }

  /// What stands for a checksum that is not known yet.
  package static let noChecksum = String(repeating: "0", count: 16)

  /// All 16 digits.
  package static func hexadecimal(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
