import Foundation

/// Where text goes: results to standard output, all else to standard error.
enum Console {
  /// Writes a line of the result.
  static func result(_ line: String = "") {
    write(line + "\n", to: STDOUT_FILENO)
  }

  /// Writes lines of the result.
  static func result(_ lines: [String]) {
    result(lines.joined(separator: "\n"))
  }

  /// Writes a line about the work.
  static func note(_ line: String) {
    write(line + "\n", to: STDERR_FILENO)
  }

  /// Whether standard error is a terminal that can redraw a line.
  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// The terminal's width in columns; 80 where it is not known.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes all of `text`, in as few calls as the descriptor takes.
  ///
  /// A result that cannot be written ends the command with status 1, unless its reader has gone.
  static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8), to: descriptor)
  }

  /// Writes all of `bytes`, likewise.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 {
        guard descriptor == STDOUT_FILENO, errno != EPIPE else { return }
        let reason = String(cString: strerror(errno))
        write("Error: the result cannot be written to standard output: \(reason).\n", to: 2)
        exit(1)
      }
      sent += count
    }
  }

  /// Prints one JSON object on standard output.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    result(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
