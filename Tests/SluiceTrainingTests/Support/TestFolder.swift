import Foundation

@testable import SluiceTraining
import SluicePlatform

/// A folder that lasts as long as its owner.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/sluice-test-\(UUID().uuidString)"
    try Folder.create(path)
  }

  deinit { try? Folder.remove(path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// What lies in the folder and ends as temporary files do.
  func leftovers() throws -> [String] {
    try Folder.entries(of: path).filter { $0.hasSuffix(AtomicFile.temporarySuffix) }
  }
}
