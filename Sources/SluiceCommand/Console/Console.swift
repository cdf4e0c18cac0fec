import Foundation
import SluiceTasks

/// Where text goes: results to standard output, all else to standard error.
enum Console {
  /// Writes a line of the result.
  static func result(_ line: String = "") {
    write(neutral(line) + "\n", to: STDOUT_FILENO)
  }

  /// Writes lines of the result.
  static func result(_ lines: [String]) {
    result(lines.joined(separator: "\n"))
  }

  /// Writes lines about the work; on a terminal their prose breaks between words.
  static func note(_ text: String) {
    write(folded(neutral(text)) + "\n", to: STDERR_FILENO)
  }

  /// Text for people to read, broken between words where a terminal shows it.
  static func folded(_ text: String) -> String {
    isInteractive ? Format.folded(text, width: width) : text
  }

  /// Whether standard error is a terminal that can redraw a line, and nobody keeps what it shows.
  static var isInteractive: Bool {
    let environment = ProcessInfo.processInfo.environment
    let isKept = !["", "0", "false"].contains(environment["CI"] ?? "")
    return isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb" && !isKept
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
    write(Array(try encoder.encode(value)) + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
  }
}
