/// A token's fingerprint: 64 bits that are the same on every machine and in every run. Two different
/// tokens of a corpus share one about once in 10⁹ corpora.
package struct TokenHash: Hashable, Sendable {
  package let value: UInt64

  package init(value: UInt64) {
    self.value = value
  }

  /// FNV-1a over the bytes of UTF-8, stirred so that every bit counts.
  package init(_ token: String) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in token.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    value = Self.stirred(hash)
  }

  /// The fingerprint of a sequence that goes on with one more token.
  package func followed(by next: TokenHash) -> TokenHash {
    TokenHash(value: Self.stirred(value &* 0x9E37_79B9_7F4A_7C15 ^ next.value))
  }

  /// A number below `count`, as even as the hash.
  package func bucket(of count: Int) -> Int {
    Int(value.multipliedFullWidth(by: UInt64(count)).high)
  }

  /// The finaliser of MurmurHash3: every bit of the argument reaches every bit of the result.
  private static func stirred(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ (value >> 33)
  }
}
