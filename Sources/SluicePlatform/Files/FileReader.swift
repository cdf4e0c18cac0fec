/// Reads whole files.
package enum FileReader {
  /// Everything in the file, or its beginning.
  ///
  /// - Parameters:
  ///   - limit: The bytes to read, at most.
  ///   - copies: How many times the file's size it takes to work with it.
  /// - Throws: ``FileError``; `ENOMEM` where there is not that much memory, before it is taken.
  package static func bytes(
    of path: String, atMost limit: Int = .max, copies: Int = 2
  ) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError("read", path, code: errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileError("read", path, code: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError("read", path, code: EISDIR) }
    if status.st_mode & S_IFMT == S_IFREG {
      try requireMemory(min(limit, Int(clamping: status.st_size)), copies, for: path)
    }
    var bytes: [UInt8] = []
    var checked = large
    var room = min(limit, max(1 << 12, Int(clamping: status.st_size) + 1))
    while true {
      var code: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        let got = read(file, buffer.baseAddress, room)
        count = max(0, got)
        if got < 0 { code = errno }
      }
      if code == EINTR { continue }
      if code != 0 { throw FileError("read", path, code: code) }
      if piece.isEmpty { return bytes }
      if bytes.count + piece.count >= checked {
        checked = max(2 * checked, 2 * bytes.count)
        try requireMemory(bytes.count + piece.count, copies, for: path)
      }
      if bytes.isEmpty { bytes = piece } else { bytes += piece }
      // What is left is as a rule nothing: the end of the file.
      room = min(limit - bytes.count, 1 << 16)
      if room == 0 { return bytes }
    }
  }

  /// From this size on it is asked whether there is memory for a file.
  private static let large = 32 << 20

  private static func requireMemory(_ size: Int, _ copies: Int, for path: String) throws {
    guard size >= large else { return }
    let left = SystemMemory.available
    guard size > left / copies else { return }
    throw FileError(
      "read", path, code: ENOMEM,
      remedy: "It has \(size.mebibytes) or more, and of the memory that this process may have "
        + "\(left.mebibytes) are left, enough for a file of \((left / copies).mebibytes): take fewer "
        + "rows or columns, or more memory")
  }

  /// Everything in the file, which must be UTF-8.
  ///
  /// - Throws: ``FileError``, with `EILSEQ` where it is not UTF-8.
  package static func text(of path: String) throws -> String {
    guard let text = String(validating: try bytes(of: path), as: UTF8.self) else {
      throw FileError("read", path, code: EILSEQ, remedy: "Save it as UTF-8")
    }
    return text
  }

  /// Whether this names a file that can be read again and again: no pipe, terminal or folder.
  package static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether there is something of this name.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
