import Foundation
import SluicePlatform

/// A folder for what can only be read from files, removed when the process ends in order.
final class ScratchFolder: Sendable {
  static let shared = ScratchFolder()
  private let path: String

  private init() {
    // Memory, where the system offers it.
    let root = Folder.isFolder("/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    path = "\(root)/sluice-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
    atexit { try? Folder.remove(ScratchFolder.shared.path) }
  }

  /// A folder in it.
  func folder(_ name: String) throws -> String {
    let folder = "\(path)/\(name)"
    try Folder.create(folder)
    return folder
  }

  /// Writes a file at once: nothing here need survive.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }
}
