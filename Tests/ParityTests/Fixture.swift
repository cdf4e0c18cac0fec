import Foundation
import SluiceCompute

/// A safetensors file of Tests/Fixtures: the length of a JSON header, the header, the tensors.
struct Fixture {
  struct Entry {
    var shape: Shape
    var bytes: Data
  }

  struct Malformed: Error {
    var what: String
  }

  let entries: [String: Entry]

  init(_ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Fixtures/\(name).safetensors"))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length))
    guard let table = header as? [String: Any] else { throw Malformed(what: "\(name): no table") }
    let body = Data(data.dropFirst(8 + length))
    var entries: [String: Entry] = [:]
    for (key, value) in table where key != "__metadata__" {
      guard let fields = value as? [String: Any], let shape = fields["shape"] as? [Int],
        let range = fields["data_offsets"] as? [Int], range.count == 2, range[1] <= body.count
      else { throw Malformed(what: "\(name): tensor \(key)") }
      entries[key] = Entry(shape: Shape(shape), bytes: body.subdata(in: range[0]..<range[1]))
    }
    self.entries = entries
  }

  func has(_ name: String) -> Bool { entries[name] != nil }

  func shape(_ name: String) throws -> Shape { try entry(name).shape }

  func floats(_ name: String) throws -> [Float] {
    try words(name).map(Float.init(bitPattern:))
  }

  func integers(_ name: String) throws -> [Int32] {
    try words(name).map(Int32.init(bitPattern:))
  }

  /// The tensor on a device, in its own shape.
  func tensor(_ name: String, on backend: any Backend) throws -> Tensor {
    try backend.makeTensor(shape(name), floats(name))
  }

  private func entry(_ name: String) throws -> Entry {
    guard let entry = entries[name] else { throw Malformed(what: "no tensor \(name)") }
    return entry
  }

  private func words(_ name: String) throws -> [UInt32] {
    let bytes = try entry(name).bytes
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    }
  }
}

/// ‖actual − expected‖ / ‖expected‖, in double precision; infinite where the counts differ.
func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var error = 0.0
  var norm = 0.0
  for (a, e) in zip(actual, expected) {
    error += (Double(a) - Double(e)) * (Double(a) - Double(e))
    norm += Double(e) * Double(e)
  }
  let ratio = norm == 0 ? error.squareRoot() : (error / norm).squareRoot()
  return ratio.isNaN ? .infinity : ratio
}
