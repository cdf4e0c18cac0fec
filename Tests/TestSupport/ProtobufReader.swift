/// A message of Protocol Buffers, read back field by field.
package struct ProtobufReader {
  package enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
    case fixed32(UInt32)
  }

  /// In their order.
  package private(set) var fields: [(number: Int, value: Value)] = []

  package struct Malformed: Error {
    let place: Int
  }

  package init(_ bytes: [UInt8]) throws {
    var place = 0
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: 0, to: 70, by: 7) {
        guard place < bytes.count else { break }
        defer { place += 1 }
        value |= UInt64(bytes[place] & 0x7F) << UInt64(shift)
        if bytes[place] < 0x80 { return value }
      }
      throw Malformed(place: place)
    }
    func word(_ count: Int) throws -> UInt64 {
      guard place + count <= bytes.count else { throw Malformed(place: place) }
      defer { place += count }
      return (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    }
    while place < bytes.count {
      let key = try varint()
      let value: Value
      switch key & 7 {
      case 0: value = .varint(try varint())
      case 1: value = .fixed64(try word(8))
      case 2:
        let count = Int(try varint())
        guard place + count <= bytes.count else { throw Malformed(place: place) }
        value = .bytes(Array(bytes[place..<(place + count)]))
        place += count
      case 5: value = .fixed32(UInt32(try word(4)))
      default: throw Malformed(place: place)
      }
      fields.append((Int(key >> 3), value))
    }
  }

  /// The values of a field that are strings of bytes.
  package func bytes(_ number: Int) -> [[UInt8]] {
    fields.compactMap { field in
      if field.number == number, case .bytes(let bytes) = field.value { bytes } else { nil }
    }
  }

  package func messages(_ number: Int) throws -> [ProtobufReader] {
    try bytes(number).map { try ProtobufReader($0) }
  }

  package func strings(_ number: Int) -> [String] {
    bytes(number).map { String(decoding: $0, as: UTF8.self) }
  }

  package func integers(_ number: Int) -> [Int] {
    fields.compactMap { field in
      if field.number == number, case .varint(let value) = field.value {
        Int(truncatingIfNeeded: value)
      } else {
        nil
      }
    }
  }

  package func floats(_ number: Int) -> [Float] {
    fields.compactMap { field in
      if field.number == number, case .fixed32(let bits) = field.value {
        Float(bitPattern: bits)
      } else {
        nil
      }
    }
  }

  package func doubles(_ number: Int) -> [Double] {
    fields.compactMap { field in
      if field.number == number, case .fixed64(let bits) = field.value {
        Double(bitPattern: bits)
      } else {
        nil
      }
    }
  }
}
