import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTraining

@Suite struct SafetensorsTests {
  static let sample = Safetensors(
    [
      .init("lstm.weight", [2, 3], [1, -2, 3.5, 0, .infinity, -0.0]),
      .init("classes", [2], .int32([-1, 7])),
      .init("empty", [0, 4], [Float]()),
      .init("step \"ü\"\n", [], .int64([.min])),
    ], metadata: ["format": "pt", "note": "tab\there \u{1}"])

  @Test func roundTrip() throws {
    let bytes = Self.sample.encoded()
    #expect(bytes == Self.sample.encoded())
    let read = try Safetensors(decoding: bytes, file: "x")
    #expect(read == Self.sample)
    #expect(read["classes"]?.values == .int32([-1, 7]))
    #expect(read["none"] == nil)
    #expect(try Safetensors(decoding: Safetensors().encoded(), file: "x") == Safetensors())
  }

  @Test func nanKeepsItsBits() throws {
    let odd = Float(bitPattern: 0x7FA1_2345)
    let bytes = Safetensors([.init("x", [1], [odd])]).encoded()
    guard case .float32(let values)? = try Safetensors(decoding: bytes, file: "x")["x"]?.values
    else {
      Issue.record("not float32")
      return
    }
    #expect(values[0].bitPattern == 0x7FA1_2345)
  }

  /// Written by the `safetensors` package from PyTorch tensors of six types.
  @Test func readsWhatPyTorchWrites() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[3],"data_offsets":[0,24]},"#
      + #""d":{"dtype":"F64","shape":[1],"data_offsets":[24,32]},"#
      + #""b":{"dtype":"F32","shape":[2,2],"data_offsets":[32,48]},"#
      + #""i":{"dtype":"I32","shape":[],"data_offsets":[48,52]},"#
      + #""bf":{"dtype":"BF16","shape":[2],"data_offsets":[52,56]},"#
      + #""h":{"dtype":"F16","shape":[4],"data_offsets":[56,64]}}    "#
    let data: [UInt8] = [
      1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
      0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F,
      0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0x50, 0x40, 0, 0, 0, 0,
      7, 0, 0, 0, 0x80, 0x3F, 0x40, 0xC0, 0x00, 0x3C, 0x00, 0xB8, 0xFF, 0x7B, 0x01, 0x00,
    ]
    let file = try Safetensors(decoding: Self.file(header, data), file: "x")
    #expect(file.metadata == ["format": "pt"])
    #expect(file["a"]?.values == .int64([1, 2, 3]))
    #expect(file["d"]?.values == .float32([0.1]))
    #expect(file["b"] == .init("b", [2, 2], [1.5, -2, 3.25, 0]))
    #expect(file["i"] == .init("i", [], .int32([7])))
    #expect(file["bf"]?.values == .float32([1, -3]))
    #expect(file["h"]?.values == .float32([1, -0.5, 65504, 0x1p-24]))
  }

  @Test func halfPrecision() {
    #expect(Float(halfBits: 0x7C00) == .infinity)
    #expect(Float(halfBits: 0xFC00) == -.infinity)
    #expect(Float(halfBits: 0x7E00).isNaN)
    #expect(Float(halfBits: 0x8000).sign == .minus)
    #expect(Float(halfBits: 0x83FF) == -1023 * 0x1p-24)
    #expect(Float(halfBits: 0x0400) == 0x1p-14)
  }

  @Test(arguments: [
    "", "[]", "{", "{}x", "null", #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{"dtype":"F32"}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
    #"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":[[[[[[]]]]]]}}"#,
    #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":{"a":"1","a":"2"}}"#,
    #"{"\u12"#, #"{"\ud800":{}}"#, #"{"\q":{}}"#, "{\"a\nb\":{}}",
    #"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
  ])
  func headersThatLie(_ header: String) {
    let error = #expect(throws: SafetensorsError.self) {
      _ = try Safetensors(decoding: Self.file(header, [0, 0, 0, 0]), file: "model.safetensors")
    }
    #expect(error?.description.hasPrefix("model.safetensors: ") == true)
  }

  @Test func lengthsThatLie() {
    func decode(_ bytes: [UInt8]) throws { _ = try Safetensors(decoding: bytes, file: "x") }
    #expect(throws: SafetensorsError.self) { try decode([]) }
    #expect(throws: SafetensorsError.self) { try decode([2, 0, 0, 0, 0, 0, 0]) }
    #expect(throws: SafetensorsError.self) { try decode([2, 0, 0, 0, 0, 0, 0, 0, 123]) }
    #expect(throws: SafetensorsError.self) {
      try decode([UInt8](repeating: 255, count: 8) + Array("{}".utf8))
    }
    #expect(throws: SafetensorsError.self) {
      try decode([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xC3, 0x7D])
    }
    // A hundred thousand brackets, which a recursive reader would choke on.
    let bomb = #"{"a":"# + String(repeating: "[", count: 100_000)
    #expect(throws: SafetensorsError.self) { try decode(Self.file(bomb, [])) }
  }

  /// Files with random damage are read or refused, never a crash; what is read has its shape.
  @Test func fuzz() throws {
    let original = Self.sample.encoded()
    var generator = PhiloxGenerator(RandomStream(seed: 11, stream: 0))
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = original
      for _ in 0...generator.index(below: 3) {
        switch generator.index(below: 6) {
        case 0: bytes = Array(bytes.prefix(generator.index(below: bytes.count + 1)))
        case 1:
          bytes.insert(
            UInt8(generator.index(below: 256)), at: generator.index(below: bytes.count + 1))
        case 2 where !bytes.isEmpty: bytes.remove(at: generator.index(below: bytes.count))
        case 3 where !bytes.isEmpty:
          // A digit or bracket in the header for another one.
          let place = generator.index(below: bytes.count)
          bytes[place] = Array("0123456789[]{},:\"-e. ".utf8)[generator.index(below: 21)]
        case 4 where bytes.count > 8:
          bytes[generator.index(below: 8)] = UInt8(generator.index(below: 256))
        default:
          if !bytes.isEmpty {
            bytes[generator.index(below: bytes.count)] ^= 1 << UInt8(generator.index(below: 8))
          }
        }
        if bytes.isEmpty { break }
      }
      do {
        let file = try Safetensors(decoding: bytes, file: "x")
        for tensor in file.tensors { #expect(tensor.values.count == tensor.shape.count) }
        accepted += 1
      } catch {
        #expect(error is SafetensorsError)
      }
    }
    // Bits of the elements may well flip without anyone noticing here.
    #expect(accepted > 100 && accepted < 3000)
  }

  @Test func aModelListsEverythingThatDoesNotFit() throws {
    var layout = ParameterLayout()
    _ = Linear("head", inputSize: 3, outputSize: 2, in: &layout)
    let arena = try ParameterArena(layout, on: CPUBackend(threads: 1), seed: 1)
    let before = try arena.namedWeights()
    let wrong = Safetensors([
      Safetensors.Tensor("head.weight", [3, 2], [Float](repeating: 0, count: 6)),
      Safetensors.Tensor("tail.bias", [2], [0, 0]),
    ])
    let error = try #require(throws: SafetensorsError.self) {
      try arena.load(wrong, file: "m.safetensors")
    }
    for part in [
      "m.safetensors", "missing: head.bias", "not in the model: tail.bias",
      "head.weight is [3, 2], should be [2, 3]",
    ] {
      #expect(error.description.contains(part), "\(error)")
    }
    let whole = Safetensors([
      Safetensors.Tensor("head.bias", [2], .int32([0, 0])),
      Safetensors.Tensor("head.weight", [2, 3], [Float](repeating: 0, count: 6)),
    ])
    let kind = try #require(throws: SafetensorsError.self) { try arena.load(whole, file: "m") }
    #expect(kind.description.contains("\"head.bias\" is I32, should be F32"), "\(kind)")
    #expect(try arena.namedWeights().map(\.values) == before.map(\.values))
  }

  static func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> ($0 * 8)) } + text + data
  }
}
