import Foundation
import SluiceCompute
import SluiceTraining

/// A golden: a safetensors file of Tests/Fixtures, read by the library's own reader.
package struct Fixture {
  package struct Missing: Error {
    package var what: String
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures")

  private let file: Safetensors

  /// - Parameter name: Its path below Tests/Fixtures, without the extension.
  package init(_ name: String) throws {
    file = try Safetensors(contentsOf: Self.path("\(name).safetensors"))
  }

  /// Where a file of Tests/Fixtures lies.
  package static func path(_ name: String) -> String { folder.appending(path: name).path() }

  /// The goldens in a folder of Tests/Fixtures, by the names that `init` takes.
  package static func names(in folder: String) -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(
      atPath: Self.folder.appending(path: folder).path())
    return (files ?? []).filter { $0.hasSuffix(".safetensors") }.sorted()
      .map { "\(folder)/\($0.dropLast(".safetensors".count))" }
  }

  package var names: [String] { file.tensors.map(\.name) }

  /// Settings that the golden was made with.
  package var metadata: [String: String] { file.metadata }

  package func has(_ name: String) -> Bool { file[name] != nil }

  package func shape(_ name: String) throws -> Shape { try entry(name).shape }

  package func floats(_ name: String) throws -> [Float] {
    guard case .float32(let values) = try entry(name).values else {
      throw Missing(what: "the tensor \(name) holds integers")
    }
    return values
  }

  package func integers(_ name: String) throws -> [Int32] {
    guard case .int32(let values) = try entry(name).values else {
      throw Missing(what: "the tensor \(name) holds floats")
    }
    return values
  }

  /// The tensor on a device, in its own shape.
  package func tensor(_ name: String, on backend: any Backend) throws -> Tensor {
    try backend.makeTensor(shape(name), floats(name))
  }

  private func entry(_ name: String) throws -> Safetensors.Tensor {
    guard let entry = file[name] else { throw Missing(what: "no tensor \(name)") }
    return entry
  }
}
