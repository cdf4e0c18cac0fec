import Foundation

extension Table {
  /// The bytes of a file, a pipe or `/dev/stdin`.
  static func readBytes(_ path: String) throws(TableError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw unreadable(path, EISDIR) }

    // One byte more than the file has: the read that finds its end then needs no second buffer.
    var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 1 << 16))
    var count = 0
    while true {
      if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: count)) }
      let got = bytes.withUnsafeMutableBytes { buffer in
        Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw unreadable(path, errno)
      }
      if got == 0 { break }
      count += got
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private static func unreadable(_ path: String, _ code: Int32) -> TableError {
    switch code {
    case ENOENT, ENOTDIR:
      TableError(
        file: path, what: "there is no such file",
        remedy: "Check the path; it is relative to the folder in which you run the command.")
    case EISDIR:
      TableError(
        file: path, what: "this is a folder, not a file",
        remedy: "Name the CSV file in it.")
    case EACCES:
      TableError(
        file: path, what: "permission to read the file is denied",
        remedy: "Make it readable, for example with: chmod +r \(path)")
    default:
      TableError(
        file: path, what: "the file cannot be read: \(String(cString: strerror(code)))",
        remedy: "Check the path and the disk.")
    }
  }
}
