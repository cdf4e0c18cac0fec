import Foundation

/// Whole numbers as bytes, little-endian; in JSON they become base64.
package enum PackedIntegers {
  package static func data(of values: [UInt32]) -> Data {
    var data = Data(capacity: values.count * 4)
    for value in values {
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  /// What lies beyond the last whole number is left out.
  package static func values(of data: Data) -> [UInt32] {
    let bytes = [UInt8](data)
    return bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
      }
    }
  }
}

/// Numbers that are bytes in files: in JSON they become base64.
@propertyWrapper
package struct Packed<Number: PackableNumber>: Codable, Sendable {
  package var wrappedValue: [Number]

  package init(wrappedValue: [Number]) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let values = Number.unpacked(try container.decode(Data.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "the bytes are not such numbers")
    }
    wrappedValue = values
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Number.packed(wrappedValue))
  }
}

/// What ``Packed`` packs.
package protocol PackableNumber: Sendable {
  static func packed(_ values: [Self]) -> Data
  /// Nil where the bytes are not such numbers.
  static func unpacked(_ data: Data) -> [Self]?
}

extension Int: PackableNumber {}
extension Int32: PackableNumber {}

/// Each number as its difference from the one before it, the sign in the lowest bit, seven bits to a
/// byte, the lowest first: a step of less than 64 takes one byte.
extension PackableNumber where Self: FixedWidthInteger {
  package static func packed(_ values: [Self]) -> Data {
    var data = Data()
    var last: Int64 = 0
    for value in values {
      let step = Int64(value) &- last
      last = Int64(value)
      var rest = UInt64(bitPattern: (step << 1) ^ (step >> 63))
      while rest >= 0x80 {
        data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      data.append(UInt8(rest))
    }
    return data
  }

  package static func unpacked(_ data: Data) -> [Self]? {
    var values: [Self] = []
    var last: Int64 = 0
    var rest: UInt64 = 0
    var shift: UInt64 = 0
    for byte in data {
      guard shift < 64 else { return nil }
      rest |= UInt64(byte & 0x7F) << shift
      shift += 7
      guard byte & 0x80 == 0 else { continue }
      last &+= Int64(bitPattern: (rest >> 1) ^ (0 &- (rest & 1)))
      guard let value = Self(exactly: last) else { return nil }
      values.append(value)
      rest = 0
      shift = 0
    }
    return shift == 0 ? values : nil
  }
}

/// The bits, little-endian.
extension Float: PackableNumber {
  package static func packed(_ values: [Float]) -> Data {
    PackedIntegers.data(of: values.map(\.bitPattern))
  }

  package static func unpacked(_ data: Data) -> [Float]? {
    guard data.count.isMultiple(of: 4) else { return nil }
    return PackedIntegers.values(of: data).map { Float(bitPattern: $0) }
  }
}
