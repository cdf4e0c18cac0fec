import Foundation
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining
import Testing

@testable import SluiceTasks

/// The folder of a model: read as it was written, or not at all.
struct ModelFolderTests {
  private struct Fitted: Codable, Equatable {
    var mean = 12.5
    var names = ["one", "two"]
  }

  /// A folder of a model, written by `change`.
  private func withFolder(
    _ change: ([(name: String, bytes: [UInt8])], ModelFolder) throws -> Void
  ) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-folder-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let files = try ModelFolder.files(
      task: "sales", weights: [1, 2, 3, 4, 5], configuration: Array("horizon: 14\n".utf8),
      fitted: Fitted())
    try Folder.create(path)
    for file in files { try AtomicFile.write(file.bytes, to: "\(path)/\(file.name)") }
    try change(files, ModelFolder(path))
  }

  @Test func readsWhatWasWritten() throws {
    try withFolder { files, folder in
      let contents = try folder.contents(Fitted.self, of: "sales")
      #expect(contents.fitted == Fitted())
      #expect(contents.configuration == "horizon: 14\n")
      #expect(contents.weights == [1, 2, 3, 4, 5])
      #expect(try folder.task() == "sales")
    }
  }

  /// One bit that is another one, anywhere, in any file.
  @Test func everyBitCounts() throws {
    try withFolder { files, folder in
      for file in files {
        let path = "\(folder.path)/\(file.name)"
        for bit in 0..<(file.bytes.count * 8) {
          var bytes = file.bytes
          bytes[bit / 8] ^= 1 << UInt8(bit % 8)
          try Data(bytes).write(to: URL(fileURLWithPath: path))
          #expect(throws: ModelError.self, "bit \(bit) of \(file.name)") {
            try folder.contents(Fitted.self, of: "sales")
          }
        }
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
      }
      _ = try folder.contents(Fitted.self, of: "sales")
    }
  }

  /// Folders of format 1 had no checksum of their own.
  @Test func theFormerFormatIsRead() throws {
    try withFolder { files, folder in
      let text = String(decoding: files[2].bytes, as: UTF8.self)
      let former = text.replacing(#/"folderChecksum":"[0-9a-f]{16}",/#, with: "")
        .replacingOccurrences(of: "\"formatVersion\":2", with: "\"formatVersion\":1")
      #expect(former != text && !former.contains("folder"))
      try AtomicFile.write(former, to: folder.preprocessingPath)
      #expect(try folder.contents(Fitted.self, of: "sales").fitted == Fitted())
      try AtomicFile.write(
        former.replacingOccurrences(of: "\"formatVersion\":1", with: "\"formatVersion\":2"),
        to: folder.preprocessingPath)
      #expect(throws: ModelError.self) { try folder.contents(Fitted.self, of: "sales") }
    }
  }
}
