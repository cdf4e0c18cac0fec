import Foundation
import Logging
import Sluice
import SluicePlatform
import Synchronization

/// Sends what the library says to standard error and, once a run has a folder, to its `log.txt`.
struct RunLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  /// Whether notes go to standard error too; warnings always do.
  let isQuiet: Bool
  let file: LogFile

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let mark = event.level >= .error ? "error: " : event.level >= .warning ? "warning: " : ""
    if !isQuiet || event.level >= .warning { Console.note(mark + "\(event.message)") }
    file.append("\(Date().formatted(.iso8601)) \(mark)" + Console.neutral("\(event.message)"))
  }
}

/// The log of a run, which has a place only once the run has a folder.
final class LogFile: Sendable {
  private let handle = Mutex<FileHandle?>(nil)

  /// Appends to the file from now on.
  func open(_ path: String) throws {
    if !FileReader.exists(path) { try AtomicFile.write("", to: path) }
    let file = FileHandle(forWritingAtPath: path)
    _ = try file?.seekToEnd()
    handle.withLock { $0 = file }
  }

  func append(_ line: String) {
    // A log that cannot be written must not end the run that it tells of.
    handle.withLock { try? $0?.write(contentsOf: Data((line + "\n").utf8)) }
  }
}
