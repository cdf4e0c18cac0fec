import SluicePlatform

extension CRC32 {
  /// Castagnoli's, as records of TensorFlow hold it: turned, and moved by a constant.
  package static func masked(_ bytes: [UInt8]) -> UInt32 {
    let check = castagnoli.of(bytes)
    return (check >> 15 | check << 17) &+ 0xA282_EAD8
  }
}
