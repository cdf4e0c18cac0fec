import SluiceExport
import SluicePlatform
import TestSupport
import Testing

struct ProtobufTests {
  @Test func whatIsWrittenIsRead() throws {
    var inner = ProtobufMessage()
    inner.add(1, "gate")
    var message = ProtobufMessage()
    message.add(1, 0)
    message.add(1, 300)
    message.add(1, -1)
    message.add(2, Float(0.5))
    message.add(3, -2.25)
    message.add(16, inner)
    message.add(5, [UInt8](repeating: 7, count: 200))
    let read = try ProtobufReader(message.bytes)
    #expect(read.integers(1) == [0, 300, -1])
    #expect(read.floats(2) == [0.5])
    #expect(read.doubles(3) == [-2.25])
    #expect(try read.messages(16)[0].strings(1) == ["gate"])
    #expect(read.bytes(5) == [[UInt8](repeating: 7, count: 200)])
  }

  /// As the format's own description has them.
  @Test func knownBytes() {
    var message = ProtobufMessage()
    message.add(1, 150)
    #expect(message.bytes == [0x08, 0x96, 0x01])
    message = ProtobufMessage()
    message.add(2, "testing")
    #expect(message.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
  }

  /// Those of RFC 3720, and the usual one.
  @Test func knownChecks() {
    #expect(CRC32.castagnoli.of(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32.castagnoli.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32.castagnoli.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32.castagnoli.of(Array(0..<32)) == 0x46DD_794E)
    #expect(CRC32.castagnoli.of([]) == 0)
    #expect(CRC32.ethernet.of(Array("123456789".utf8)) == 0xCBF4_3926)
  }
}
