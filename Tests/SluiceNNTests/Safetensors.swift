import Foundation
import SluiceCompute

/// As much of the safetensors format as the goldens need.
struct Safetensors {
  struct Entry: Codable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private let header: [String: Entry]
  private let data: Data

  /// The folder of the goldens.
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures")

  init(_ url: URL) throws {
    let bytes = try Data(contentsOf: url)
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let text = bytes[8..<(8 + length)]
    var table = try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
    table["__metadata__"] = nil
    header = try JSONDecoder().decode(
      [String: Entry].self, from: JSONSerialization.data(withJSONObject: table))
    data = bytes.dropFirst(8 + length)
  }

  var names: [String] { header.keys.sorted() }

  func shape(_ name: String) -> Shape? {
    header[name].map { Shape($0.shape) }
  }

  /// The values of one tensor, nil where there is none of that name.
  func values<Value: BitwiseCopyable>(_ name: String, as type: Value.Type = Float.self)
    -> [Value]?
  {
    guard let entry = header[name] else { return nil }
    let start = data.startIndex
    let bytes = data[(start + entry.offsets[0])..<(start + entry.offsets[1])]
    return bytes.withUnsafeBytes { raw in
      (0..<(raw.count / 4)).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Value.self) }
    }
  }

  /// Writes float32 tensors.
  static func write(
    _ tensors: [(name: String, shape: Shape, values: [Float])], to url: URL
  ) throws {
    var header: [String: Entry] = [:]
    var data = Data()
    for tensor in tensors {
      let start = data.count
      tensor.values.withUnsafeBytes { data.append(contentsOf: $0) }
      header[tensor.name] = Entry(
        dtype: "F32", shape: tensor.shape.dimensions, offsets: [start, data.count])
    }
    let text = try JSONEncoder().encode(header)
    var file = Data()
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { file.append(contentsOf: $0) }
    try (file + text + data).write(to: url)
  }
}
