import Foundation
import Logging

/// Sends what the library says to standard error and, once a run has a folder, to its `log.txt`.
struct RunLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  /// Whether notes go to standard error too; warnings always do.
  let isQuiet: Bool
  let file: FileHandle?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let mark = event.level >= .error ? "error: " : event.level >= .warning ? "warning: " : ""
    if !isQuiet || event.level >= .warning { Console.note(mark + "\(event.message)") }
    let time = Date().formatted(.iso8601)
    // A log that cannot be written must not end the run that it tells of.
    try? file?.write(contentsOf: Data("\(time) \(mark)\(event.message)\n".utf8))
  }
}
