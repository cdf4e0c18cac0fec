import Foundation
import Testing

@testable import SluiceTables

/// Numbers that are bytes in files.
struct PackedNumbersTests {
  private struct Block: Codable {
    @Packed var times: [Int]
    @Packed var codes: [Int32]
    @Packed var values: [Float]
  }

  @Test func numbersComeBack() throws {
    let block = Block(
      times: [0, 1, 127, 128, -300, 1 << 40, .max, .min], codes: [-1, 5, .max, .min, 0],
      values: [1.5, -0, .greatestFiniteMagnitude])
    let again = try JSONDecoder().decode(Block.self, from: JSONEncoder().encode(block))
    #expect(again.times == block.times && again.codes == block.codes)
    #expect(again.values.map(\.bitPattern) == block.values.map(\.bitPattern))
    // Steps of less than 64 take a byte each.
    #expect(Int.packed([1_000_000, 1_000_063, 1_000_000]).count == 5)
  }

  @Test func damageIsSeen() throws {
    let data = Int.packed([300, 1 << 40])
    #expect(Int.unpacked(data) == [300, 1 << 40])
    #expect(Int.unpacked(data.dropLast()) == nil)
    #expect(Int.unpacked(Data(repeating: 0xFF, count: 12)) == nil)
    #expect(Int32.unpacked(data) == nil, "too large")
    #expect(Float.unpacked(Data([0, 0, 0])) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        Block.self, from: Data(#"{"times":"/w==","codes":"","values":""}"#.utf8))
    }
  }
}
